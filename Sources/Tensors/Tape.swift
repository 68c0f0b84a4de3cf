import Synchronization

/// How one tensor was computed: its inputs and the rule that takes a gradient back to them.
final class TapeNode: @unchecked Sendable {
  /// Grows along every path from inputs to outputs, which gives the order of the backward pass.
  let sequence: Int
  let shape: [Int]
  let output: (storage: Storage, offset: Int)?
  private(set) var inputs: [Tensor]
  let rule: BackwardRule?

  private static let counter = Atomic<Int>(0)

  /// Creates the node of a variable.
  init() {
    sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    shape = []
    output = nil
    inputs = []
    rule = nil
  }

  init(output: Tensor, inputs: [Tensor], rule: @escaping BackwardRule) {
    sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    shape = output.shape
    self.output = (output.storage, output.offset)
    self.inputs = inputs
    self.rule = rule
  }

  deinit {
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

/// Returns the gradients of the inputs, in their order; nil where none is needed. A rule finds the
/// inputs in the pass; it captures no tracked tensor.
typealias BackwardRule = (BackwardPass) -> [Tensor?]

/// What a backward rule works with.
///
/// Rules are written in the same operations as everything else. In a first-order pass the
/// tensors here have no history and nothing is recorded; in a differentiable one they have,
/// and the gradient that the rule returns can be differentiated again.
struct BackwardPass {
  /// The gradient of the result with respect to the operation's output.
  let upstream: Tensor
  let inputs: [Tensor]
  let output: Tensor
  /// Whether the gradient of each input is asked for.
  let needs: [Bool]

  /// True if what the rule returns may be differentiated again.
  var isDifferentiable: Bool { upstream.isTracked || inputs.contains(where: \.isTracked) }

  /// Returns the gradients of the inputs by way of `equivalent`, the same function of them
  /// composed of other operations: how a fused operation is differentiated more than once.
  func gradients(throughEquivalent equivalent: ([Tensor]) -> Tensor) -> [Tensor?] {
    // The inputs enter as aliases: one may have been computed from another, and what flows back
    // along that way is the outer pass's to add.
    let aliases = inputs.map { input in input.detached.recorded(from: [input]) { [$0.upstream] } }
    let wanted = inputs.indices.filter { needs[$0] }
    let found = gradient(
      of: equivalent(aliases), withRespectTo: wanted.map { aliases[$0] }, upstream: upstream,
      differentiable: true)
    var result = [Tensor?](repeating: nil, count: inputs.count)
    for (index, gradient) in zip(wanted, found) { result[index] = gradient }
    return result
  }
}

extension Tensor {
  /// Returns this freshly computed tensor as the output of an operation on `inputs`.
  func recorded(from inputs: [Tensor], _ rule: @escaping BackwardRule) -> Tensor {
    guard inputs.contains(where: \.isTracked) else { return self }
    return Tensor(
      shape: shape, storage: storage, offset: offset,
      node: TapeNode(output: self, inputs: inputs, rule: rule))
  }
}

/// Returns the gradient of `result` with respect to each of `variables`.
///
/// Only the operations that lie between the two are visited: taking the gradient for one
/// network's weights costs nothing for the weights of another that the result passes through.
/// - Parameters:
///   - upstream: the gradient of some later result with respect to `result`, of the same
///     shape; ones if nil.
///   - differentiable: records the backward pass, so that the gradients have a history and
///     can be differentiated again, as gradient penalties need.
/// - Returns: a tensor of each variable's shape; zeros where the result does not depend on it.
public func gradient(
  of result: Tensor, withRespectTo variables: [Tensor], upstream: Tensor? = nil,
  differentiable: Bool = false
) -> [Tensor] {
  precondition(variables.allSatisfy(\.isTracked), "gradients are taken for tracked tensors")
  precondition(upstream == nil || upstream?.shape == result.shape, "upstream shape mismatch")
  guard let last = result.node else {
    return variables.map { Tensor(repeating: 0, shape: $0.shape) }
  }
  let route = Route(from: last, to: variables.compactMap(\.node))
  var start = upstream ?? Tensor(repeating: 1, shape: result.shape)
  if !differentiable { start = start.detached }

  var gradients: [ObjectIdentifier: Tensor] = [
    ObjectIdentifier(last): start
  ]
  for node in route.nodes {
    let id = ObjectIdentifier(node)
    guard let rule = node.rule, let output = node.output, let upstream = gradients[id] else {
      continue
    }
    if !route.targets.contains(id) { gradients[id] = nil }
    let outputTensor = Tensor(
      shape: node.shape, storage: output.storage, offset: output.offset,
      node: differentiable ? node : nil)
    let needs = node.inputs.map { $0.node.map(route.contains) ?? false }
    guard needs.contains(true) else { continue }
    let pass = BackwardPass(
      upstream: upstream, inputs: differentiable ? node.inputs : node.inputs.map(\.detached),
      output: outputTensor, needs: needs)
    for (input, contribution) in zip(node.inputs, rule(pass)) {
      guard let inputNode = input.node, let contribution, route.contains(inputNode) else {
        continue
      }
      assert(contribution.shape == input.shape, "\(contribution.shape) for input \(input.shape)")
      let inputID = ObjectIdentifier(inputNode)
      gradients[inputID] = gradients[inputID].map { $0 + contribution } ?? contribution
    }
  }
  return variables.map { variable in
    variable.node.flatMap { gradients[ObjectIdentifier($0)] }
      ?? Tensor(repeating: 0, shape: variable.shape)
  }
}

/// The nodes through which a result depends on some targets, latest first.
private struct Route {
  let targets: Set<ObjectIdentifier>
  private(set) var nodes: [TapeNode] = []
  private var leadsToTarget: [ObjectIdentifier: Bool] = [:]

  init(from last: TapeNode, to targetNodes: [TapeNode]) {
    targets = Set(targetNodes.map(ObjectIdentifier.init))
    // What is older than every target cannot descend from one.
    let oldest = targetNodes.map(\.sequence).min() ?? Int.max
    // Depth first without recursion: a node is settled when all its inputs are.
    var stack = [last]
    while let node = stack.last {
      let id = ObjectIdentifier(node)
      if leadsToTarget[id] != nil {
        stack.removeLast()
        continue
      }
      let inputNodes = node.sequence > oldest ? node.inputs.compactMap(\.node) : []
      let unsettled = inputNodes.filter { leadsToTarget[ObjectIdentifier($0)] == nil }
      guard unsettled.isEmpty else {
        stack += unsettled
        continue
      }
      let leads = targets.contains(id) || inputNodes.contains(where: contains)
      leadsToTarget[id] = leads
      if leads { nodes.append(node) }
      stack.removeLast()
    }
    nodes.sort { $0.sequence > $1.sequence }
  }

  func contains(_ node: TapeNode) -> Bool { leadsToTarget[ObjectIdentifier(node)] == true }
}
