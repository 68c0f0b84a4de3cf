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
  precondition(upstream == nil || upstream?.shape == result.shape, "upstream shape mismatch")
  var gradients = [Tensor?](repeating: nil, count: variables.count)
  visitGradients(
    of: result, withRespectTo: variables, upstream: upstream, differentiable: differentiable,
    consuming: false
  ) { gradients[$0] = $1 }
  return zip(variables, gradients).map { $1 ?? Tensor(repeating: 0, shape: $0.shape) }
}

/// Writes the gradient of `result` with respect to each of `variables` into its place in
/// `gradients`, and consumes the history: what an operation kept goes back to the pool as soon as
/// the gradient has passed it.
///
/// The numbers are those of ``gradient(of:withRespectTo:upstream:differentiable:)``, to the bit.
/// No gradient can be taken again through any operation between `variables` and `result`, neither
/// from here nor from another result that shares some of them; an attempt stops the program.
/// - Parameter gradients: overwritten; zeros where the result does not depend on the variable.
public func backpropagate(
  from result: Tensor, to variables: [Tensor], into gradients: TensorBuffer
) {
  backpropagate(from: result, to: variables, into: gradients) { _ in }
}

/// Does as ``backpropagate(from:to:into:)`` and tells when each gradient is final.
/// - Parameter onFinal: called with the index of each variable, once, as soon as its gradient is in
///   place and will not change any more: it may be read, sent and even overwritten from then on,
///   while gradients of other variables are still to come. The order follows from the recorded
///   operations and is the same in every replica of a network: first, by index, the variables that
///   the result does not depend on, then the others, by and large from the last layer to the first.
/// - Throws: what `onFinal` throws; the history is then consumed in part.
public func backpropagate(
  from result: Tensor, to variables: [Tensor], into gradients: TensorBuffer,
  onFinal: (_ index: Int) throws -> Void
) rethrows {
  precondition(variables.map(\.shape) == gradients.shapes, "shapes differ from the buffer's")
  try visitGradients(
    of: result, withRespectTo: variables, upstream: nil, differentiable: false, consuming: true
  ) { index, gradient in
    gradients.store(gradient, at: index)
    try onFinal(index)
  }
}

/// Calls `visit` with the index and the gradient of each variable once that is final; the
/// gradient is nil if it is zero.
private func visitGradients(
  of result: Tensor, withRespectTo variables: [Tensor], upstream: Tensor?, differentiable: Bool,
  consuming: Bool, visit: (Int, Tensor?) throws -> Void
) rethrows {
  precondition(variables.allSatisfy(\.isTracked), "gradients are taken for tracked tensors")
  var places: [ObjectIdentifier: [Int]] = [:]
  for (index, variable) in variables.enumerated() {
    variable.node.map { places[ObjectIdentifier($0), default: []].append(index) }
  }
  let route = result.node.map { Route(from: $0, to: variables.compactMap(\.node)) }
  for (index, variable) in variables.enumerated() {
    guard let node = variable.node, route?.contains(node) != true else { continue }
    try visit(index, nil)
  }
  guard let route, let last = result.node, route.contains(last) else { return }

  let start = upstream ?? Tensor(repeating: 1, shape: result.shape)
  var gradients = [ObjectIdentifier(last): differentiable ? start : start.detached]
  var remainingUses = route.useCounts

  func finish(_ node: TapeNode) throws {
    let id = ObjectIdentifier(node)
    for index in places[id] ?? [] { try visit(index, gradients[id]) }
    if node.rule == nil { gradients[id] = nil }
  }

  try finish(last)
  for node in route.nodes {
    guard let rule = node.rule else { continue }
    let inputs = node.inputs
    let needs = inputs.map { $0.node.map(route.contains) ?? false }
    guard needs.contains(true) else { continue }
    let turns = node.turns(finding: needs)
    for (turn, needs) in turns.enumerated() {
      var contributions: [Tensor?] = inputs.map { _ in nil }
      // In the last turn nobody but the rule holds the upstream gradient.
      let id = ObjectIdentifier(node)
      let isLastTurn = turn == turns.count - 1
      if let upstream = isLastTurn ? gradients.removeValue(forKey: id) : gradients[id] {
        contributions = rule(
          BackwardPass(
            of: node, upstream: consume upstream, needs: needs, differentiable: differentiable))
        precondition(contributions.count == inputs.count, "a gradient for each input")
      }
      if consuming && isLastTurn { node.consume() }
      for index in inputs.indices where needs[index] {
        guard let inputNode = inputs[index].node else { continue }
        let id = ObjectIdentifier(inputNode)
        if let contribution = contributions[index] {
          assert(contribution.shape == inputs[index].shape, "\(contribution.shape) for input")
          gradients[id] = gradients[id].map { $0 + contribution } ?? contribution
          contributions[index] = nil
        }
        remainingUses[id, default: 0] -= 1
        if remainingUses[id] == 0 { try finish(inputNode) }
      }
    }
  }
}

extension TapeNode {
  /// Which inputs' gradients each call of the rule shall find, of those that are needed.
  ///
  /// One by one, the last input comes first. It is the weights: others may be waiting for their
  /// gradient, and an input that had to be made again for it is gone by the time that the input's
  /// gradient takes as much memory.
  fileprivate func turns(finding needs: [Bool]) -> [[Bool]] {
    guard findsGradientsOneByOne else { return [needs] }
    return needs.indices.reversed().filter { needs[$0] }.map { only in
      needs.indices.map { $0 == only }
    }
  }
}

/// The nodes through which a result depends on some targets, latest first.
private struct Route {
  private(set) var nodes: [TapeNode] = []
  private var leadsToTarget: [ObjectIdentifier: Bool] = [:]

  init(from last: TapeNode, to targetNodes: [TapeNode]) {
    let targets = Set(targetNodes.map(ObjectIdentifier.init))
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
      if node.sequence > oldest {
        precondition(
          !node.isConsumed, "no gradient can be taken here: \(TapeNode.consumedMessage)")
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

  /// How many times each node on the route is an input of others on it.
  var useCounts: [ObjectIdentifier: Int] {
    var counts: [ObjectIdentifier: Int] = [:]
    for input in nodes.lazy.flatMap(\.inputs) {
      if let node = input.node, contains(node) { counts[ObjectIdentifier(node), default: 0] += 1 }
    }
    return counts
  }
}
