/// What a backward rule works with.
///
/// Rules are written in the same operations as everything else. In a first-order pass the
/// tensors here have no history and nothing is recorded; in a differentiable one they have,
/// and the gradient that the rule returns can be differentiated again.
package struct BackwardPass {
  /// The gradient of the result with respect to the operation's output.
  package var upstream: Tensor {
    guard let upstream = held.upstream else {
      preconditionFailure("a backward rule reads the upstream gradient, which it has overwritten")
    }
    return upstream
  }
  /// Whether the gradient of each input is asked for.
  package let needs: [Bool]
  /// True if what the rule returns may be differentiated again.
  package let isDifferentiable: Bool

  private let node: TapeNode
  private let held: Held

  /// Holds the upstream gradient in one place for all copies of the pass.
  private final class Held {
    /// Nil once it is overwritten.
    var upstream: Tensor?
    init(_ upstream: Tensor) { self.upstream = upstream }
  }

  /// - Parameter upstream: consumed, so that nobody else holds it for longer.
  init(of node: TapeNode, upstream: consuming Tensor, needs: [Bool], differentiable: Bool) {
    (self.node, self.needs, held) = (node, needs, Held(upstream))
    isDifferentiable = differentiable
  }

  /// Returns a tensor of the upstream gradient's shape whose every element `write` computes from
  /// the one in its place of the upstream gradient: in the same memory, if nobody else needs that.
  /// The upstream gradient cannot be read afterwards.
  package func overwritingUpstream(
    _ write: (_ result: UnsafeMutablePointer<Float>, _ upstream: UnsafePointer<Float>) -> Void
  ) -> Tensor {
    var result = upstream
    held.upstream = nil
    if !isDifferentiable && result.hasElementsToItself() {
      write(result.pointer, result.pointer)
      return result
    }
    let upstream = result
    return Tensor(shape: upstream.shape) { write($0.start, upstream.pointer) }
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
