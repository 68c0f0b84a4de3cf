import Synchronization

/// How one tensor was computed: its inputs and the rule that takes a gradient back to them.
///
/// Of the numbers that went in and came out it keeps only those that the rule reads.
final class TapeNode: @unchecked Sendable {
  /// An input: where it came from and, if the rule reads them, its numbers.
  struct Input {
    let shape: [Int]
    let node: TapeNode?
    fileprivate let values: Values
  }

  fileprivate enum Values {
    case notKept
    case kept(Storage, offset: Int)
    /// The input's own node makes them again.
    case remade

    init(of tensor: Tensor) {
      self =
        tensor.node?.remaking != nil
        ? .remade : .kept(tensor.storage, offset: tensor.offset)
    }
  }

  /// Grows along every path from inputs to outputs, which gives the order of the backward pass.
  let sequence: Int
  let shape: [Int]
  private(set) var inputs: [Input]
  private(set) var rule: BackwardRule?
  /// Whether the rule may be called once for each input, for its gradient alone.
  let findsGradientsOneByOne: Bool
  private(set) var isConsumed = false
  private var output = Values.notKept
  private var remaking: Remaking?

  private static let counter = Atomic<Int>(0)

  /// Creates the node of a variable of a shape.
  init(shape: [Int]) {
    sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    self.shape = shape
    inputs = []
    findsGradientsOneByOne = false
  }

  init(
    output: Tensor, inputs: [Tensor], keeping kept: [KeptValue], remaking: Remaking?,
    oneByOne: Bool, rule: @escaping BackwardRule
  ) {
    sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    shape = output.shape
    self.inputs = inputs.enumerated().map { index, input in
      Input(
        shape: input.shape, node: input.node,
        values: kept.contains(.input(index)) ? Values(of: input) : .notKept)
    }
    if kept.contains(.output) { self.output = .kept(output.storage, offset: output.offset) }
    self.remaking = remaking
    findsGradientsOneByOne = oneByOne
    self.rule = rule
  }

  deinit { releaseInputs() }

  /// Returns an input that the operation kept, with its history.
  func input(_ index: Int) -> Tensor {
    let input = inputs[index]
    switch input.values {
    case .notKept:
      preconditionFailure("a backward rule reads input \(index), which its operation did not keep")
    case .kept(let storage, let offset):
      return Tensor(shape: input.shape, storage: storage, offset: offset, node: input.node)
    case .remade:
      guard let node = input.node, let remaking = node.remaking else {
        preconditionFailure("input \(index) cannot be made again: \(Self.consumedMessage)")
      }
      let values = remaking { node.input($0).detached }
      precondition(values.shape == input.shape, "made again with another shape")
      return Tensor(
        shape: input.shape, storage: values.storage, offset: values.offset, node: node)
    }
  }

  /// Returns the output, if the operation kept it, with its history.
  func keptOutput() -> Tensor {
    guard case .kept(let storage, let offset) = output else {
      preconditionFailure("a backward rule reads the output, which its operation did not keep")
    }
    return Tensor(shape: shape, storage: storage, offset: offset, node: self)
  }

  /// The nodes that make the inputs again for this one's rule, and the inputs of those again.
  var remadeInputs: [TapeNode] {
    inputs.flatMap { input -> [TapeNode] in
      guard case .remade = input.values, let node = input.node else { return [] }
      return [node] + node.remadeInputs
    }
  }

  /// Forgets the operation and gives its memory back; no gradient can pass here any more.
  func consume() {
    guard rule != nil else { return }
    isConsumed = true
    (rule, remaking, output) = (nil, nil, .notKept)
    releaseInputs()
  }

  static let consumedMessage = "its history was consumed by an earlier backpropagate(from:to:…)"

  private func releaseInputs() {
    // A node that goes takes along those that only it refers to. Done by recursion, that would
    // overflow the stack on a long history.
    var orphans = inputs.compactMap(\.node)
    inputs = []
    while var node = orphans.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      orphans += node.inputs.compactMap(\.node)
      node.inputs = []
    }
  }
}

/// A tensor whose numbers a backward rule reads; of the others it knows no more than the shape.
package enum KeptValue: Hashable, Sendable {
  case input(Int)
  case output
}

extension [KeptValue] {
  /// What an operation that is linear in each of two inputs keeps: either one for the gradient of
  /// the other.
  package static func factors(_ first: Tensor, _ second: Tensor) -> [KeptValue] {
    (second.isTracked ? [.input(0)] : []) + (first.isTracked ? [.input(1)] : [])
  }
}

/// Returns the gradients of the inputs, in their order; nil where none is needed. A rule finds the
/// inputs in the pass; it captures no tracked tensor, whose history would stay alive with it.
package typealias BackwardRule = (BackwardPass) -> [Tensor?]

/// Makes the output of an operation again, bit for bit, from those inputs that it kept.
package typealias Remaking = (_ input: (Int) -> Tensor) -> Tensor

extension Tensor {
  /// Returns this freshly computed tensor as the output of an operation on `inputs`.
  /// - Parameters:
  ///   - kept: the tensors that `rule` or `remaking` read; their memory stays in use for as long
  ///     as the history does.
  ///   - remaking: how the output is made again. An operation that has kept what this needs, and
  ///     is cheap, spares those that keep its output the memory (Chen et al., 2016, "Training Deep
  ///     Nets with Sublinear Memory Cost").
  ///   - oneByOne: the rule computes each input's gradient apart from the others', and may be
  ///     called once for each: so that the gradient of weights is final before that of the layer's
  ///     input is begun.
  package func recorded(
    from inputs: [Tensor], keeping kept: [KeptValue] = [], remaking: Remaking? = nil,
    oneByOne: Bool = false, _ rule: @escaping BackwardRule
  ) -> Tensor {
    guard inputs.contains(where: \.isTracked) else { return self }
    return Tensor(
      shape: shape, storage: storage, offset: offset,
      node: TapeNode(
        output: self, inputs: inputs, keeping: kept, remaking: remaking, oneByOne: oneByOne,
        rule: rule))
  }
}
