extension Tensor {
  /// Returns, for each of these queries `[batch, queries, width]`, the mean of `values` `[batch, keys,
  /// outputs]` weighted by softmax(query · key) over the keys `[batch, keys, width]`.
  public func attended(keys: Tensor, values: Tensor) -> Tensor {
    attentionWeights(keys: keys).matrixProduct(values)
  }

  /// Returns how much each of these queries attends to each of `keys`: `[batch, queries, keys]`, rows
  /// that sum to one.
  public func attentionWeights(keys: Tensor) -> Tensor {
    product(keys, transposingFirst: false, transposingSecond: true).softmax()
  }
}
