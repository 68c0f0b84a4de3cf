import CKernels

extension Tensor {
  /// Returns, for each of these queries `[batch, queries, width]`, the mean of `values` `[batch,
  /// keys, outputs]` weighted by softmax(query · key) over the keys `[batch, keys, width]`.
  ///
  /// The weights of all pairs of a query and a key are many more numbers than come in or go out.
  /// They are made for a few queries at a time, in cache, and once more for the gradient (Dao et
  /// al., 2022, "FlashAttention").
  public func attended(keys: Tensor, values: Tensor) -> Tensor {
    precondition(
      rank == 3 && keys.rank == 3 && values.rank == 3 && keys.shape[0] == shape[0]
        && keys.shape[2] == shape[2] && Array(values.shape[..<2]) == Array(keys.shape[..<2]),
      "queries \(shape), keys \(keys.shape) and values \(values.shape) do not fit together")
    let passes = AttentionPasses(queries: self, keys: keys, values: values)
    return Tensor(shape: [shape[0], shape[1], values.shape[2]]) { out in
      passes.write(out.start, queries: pointer, keys: keys.pointer, values: values.pointer)
    }
    .recorded(from: [self, keys, values], keeping: [.input(0), .input(1), .input(2)]) { pass in
      if pass.isDifferentiable {
        return pass.gradients { $0[0].attentionWeights(keys: $0[1]).matrixProduct($0[2]) }
      }
      let inputs = (0..<3).map(pass.input)
      let gradients = inputs.map { Tensor(uninitialized: $0.shape) }
      passes.writeGradients(gradients, inputs, of: pass.upstream)
      return gradients
    }
  }

  /// Returns how much each of these queries attends to each of `keys`: `[batch, queries, keys]`,
  /// rows that sum to one.
  public func attentionWeights(keys: Tensor) -> Tensor {
    product(keys, transposingFirst: false, transposingSecond: true).softmax()
  }
}

/// The two passes of attention, image by image and some queries at a time; threads share the
/// images.
private struct AttentionPasses {
  let batch, queries, keys, width, outputs: Int

  /// The most weights of a block of queries: with their gradients they fill half of a core's cache.
  private static let weightsAtOnce = 1 << 16

  init(queries: Tensor, keys: Tensor, values: Tensor) {
    (batch, self.queries, width) = (queries.shape[0], queries.shape[1], queries.shape[2])
    (self.keys, outputs) = (keys.shape[1], values.shape[2])
  }

  /// Writes the weighted means of the values.
  func write(
    _ result: UnsafeMutablePointer<Float>, queries q: UnsafePointer<Float>,
    keys k: UnsafePointer<Float>, values v: UnsafePointer<Float>
  ) {
    forEachImage { image, weights, _ in
      let transposedKeys = panels(transposing: k + image * keys * width, width)
      let values = panels(v + image * keys * outputs, rows: keys, columns: outputs)
      forEachBlock(of: image) { first, count in
        writeWeights(weights, of: q + first * width, count, keys: transposedKeys)
        multiply(
          weights, ck_matrix_strides(row: keys, column: 1), by: values,
          into: result + first * outputs, rows: count)
      }
    }
  }

  /// Writes the gradients of the queries, the keys and the values.
  func writeGradients(_ gradients: [Tensor], _ inputs: [Tensor], of upstream: Tensor) {
    let (dq, dk, dv) = (gradients[0], gradients[1], gradients[2])
    let (q, k, v) = (inputs[0], inputs[1], inputs[2])
    let byQuery = ck_matrix_strides(row: keys, column: 1)
    let byKey = ck_matrix_strides(row: 1, column: keys)
    forEachImage { image, weights, slopes in
      let imageKeys = k.pointer + image * keys * width
      let transposedKeys = panels(transposing: imageKeys, width)
      let keyPanels = panels(imageKeys, rows: keys, columns: width)
      let transposedValues = panels(
        transposing: v.pointer + image * keys * outputs, outputs)
      forEachBlock(of: image) { first, count in
        let isLater = first > image * queries
        let (blockQueries, g) = (q.pointer + first * width, upstream.pointer + first * outputs)
        writeWeights(weights, of: blockQueries, count, keys: transposedKeys)
        multiply(
          weights, byKey, by: panels(g, rows: count, columns: outputs),
          into: dv.pointer + image * keys * outputs, rows: keys, adding: isLater)
        multiply(
          g, ck_matrix_strides(row: outputs, column: 1), by: transposedValues, into: slopes,
          rows: count)
        ck_softmax_gradient(slopes, slopes, weights, count, keys)
        multiply(slopes, byQuery, by: keyPanels, into: dq.pointer + first * width, rows: count)
        multiply(
          slopes, byKey, by: panels(blockQueries, rows: count, columns: width),
          into: dk.pointer + image * keys * width, rows: keys, adding: isLater)
      }
    }
  }

  /// Writes softmax(q kᵀ) for `count` queries.
  private func writeWeights(
    _ weights: UnsafeMutablePointer<Float>, of q: UnsafePointer<Float>, _ count: Int,
    keys transposedKeys: MatrixPanels
  ) {
    multiply(
      q, ck_matrix_strides(row: width, column: 1), by: transposedKeys, into: weights, rows: count)
    ck_softmax(weights, weights, count, keys)
  }

  private func panels(
    _ matrix: UnsafePointer<Float>, rows: Int, columns: Int
  ) -> MatrixPanels {
    columns.isMultiple(of: MatrixPanels.width)
      ? MatrixPanels(inPlace: matrix, rows: rows, columns: columns)
      : MatrixPanels(
        matrix, ck_matrix_strides(row: columns, column: 1), rows: rows, columns: columns)
  }

  /// Returns the transpose of a matrix with a row for each key.
  private func panels(transposing matrix: UnsafePointer<Float>, _ columns: Int) -> MatrixPanels {
    MatrixPanels(
      matrix, ck_matrix_strides(row: 1, column: columns), rows: columns, columns: keys)
  }

  /// The queries of a block.
  private var blockSize: Int { max(1, min(queries, Self.weightsAtOnce / keys)) }

  /// Calls `body` with each image and room for two blocks of weights.
  private func forEachImage(
    _ body: (
      _ image: Int, _ weights: UnsafeMutablePointer<Float>, _ slopes: UnsafeMutablePointer<Float>
    ) -> Void
  ) {
    forEachRangeConcurrently(of: batch) { range in
      withScratch(2 * blockSize * keys) { room in
        for image in range { body(image, room, room + blockSize * keys) }
      }
    }
  }

  /// Calls `body` with the first query, counted over all images, and the number of queries of each
  /// block of an image.
  private func forEachBlock(of image: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    for first in stride(from: 0, to: queries, by: blockSize) {
      body(image * queries + first, min(blockSize, queries - first))
    }
  }
}
