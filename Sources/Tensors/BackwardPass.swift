/// What a backward rule works with.
///
/// Rules are written in the same operations as everything else. In a first-order pass the
/// tensors here have no history and nothing is recorded; in a differentiable one they have,
/// and the gradient that the rule returns can be differentiated again.
package struct BackwardPass {
  /// The gradient of the result with respect to the operation's output.
  package let upstream: Tensor
  /// Whether the gradient of each input is asked for.
  package let needs: [Bool]
  /// True if what the rule returns may be differentiated again.
  package let isDifferentiable: Bool

  private let node: TapeNode

  init(of node: TapeNode, upstream: Tensor, needs: [Bool], differentiable: Bool) {
    (self.node, self.upstream, self.needs) = (node, upstream, needs)
    isDifferentiable = differentiable
  }

  /// Returns an input, which the operation must have kept; one that is made again, is so at every
  /// call.
  package func input(_ index: Int) -> Tensor {
    let input = node.input(index)
    return isDifferentiable ? input : input.detached
  }

  /// The operation's output, which it must have kept.
  package var output: Tensor {
    let output = node.keptOutput()
    return isDifferentiable ? output : output.detached
  }

  /// Returns the shape of an input, kept or not.
  package func shape(ofInput index: Int) -> [Int] { node.inputs[index].shape }

  /// Returns the gradients of the inputs by way of `equivalent`, the same function of them
  /// composed of other operations: how a fused operation is differentiated more than once.
  func gradients(throughEquivalent equivalent: ([Tensor]) -> Tensor) -> [Tensor?] {
    // The inputs enter as aliases: one may have been computed from another, and what flows back
    // along that way is the outer pass's to add.
    let aliases = needs.indices.map { index in
      let input = input(index)
      return input.detached.recorded(from: [input]) { [$0.upstream] }
    }
    let wanted = needs.indices.filter { needs[$0] }
    let found = gradient(
      of: equivalent(aliases), withRespectTo: wanted.map { aliases[$0] }, upstream: upstream,
      differentiable: true)
    var result = [Tensor?](repeating: nil, count: needs.count)
    for (index, gradient) in zip(wanted, found) { result[index] = gradient }
    return result
  }
}
