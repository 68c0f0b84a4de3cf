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
    of: result, withRespectTo: variables, late: 0..<0, upstream: upstream,
    differentiable: differentiable, consuming: false
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
  backpropagate(from: result, to: variables, into: gradients, onFinal: { _, _ in })
}

/// Does as ``backpropagate(from:to:into:)`` and tells when each gradient is final.
/// - Parameters:
///   - late: the variables whose gradients can wait: what only they need is computed last, so that
///     the other gradients are final earlier, where their operations can find their gradients
///     alone, as convolutions can. The numbers are the same, to the bit; what those operations kept
///     stays in memory until then (Oh et al., 2022, "Out-Of-Order BackProp").
///   - onFinal: called with the index of each variable, once, as soon as its gradient is in place
///     and will not change any more: it may be read, sent and even overwritten from then on, while
///     gradients of other variables are still to come. It is also told whether the result depends
///     on the variable at all; where it does not, the gradient is zero. The order follows from the
///     recorded operations and is the same in every replica of a network: first, by index, the
///     variables that the result does not depend on, then the others, by and large from the last
///     layer to the first.
/// - Throws: what `onFinal` throws; the history is then consumed in part.
public func backpropagate(
  from result: Tensor, to variables: [Tensor], into gradients: TensorBuffer,
  late: Range<Int> = 0..<0, onFinal: (_ index: Int, _ isReached: Bool) throws -> Void
) rethrows {
  precondition(variables.map(\.shape) == gradients.shapes, "shapes differ from the buffer's")
  try visitGradients(
    of: result, withRespectTo: variables, late: late, upstream: nil, differentiable: false,
    consuming: true
  ) { index, gradient in
    gradients.store(gradient, at: index)
    try onFinal(index, gradient != nil)
  }
}

/// Calls `visit` with the index and the gradient of each variable once that is final; the
/// gradient is nil if it is zero.
private func visitGradients(
  of result: Tensor, withRespectTo variables: [Tensor], late: Range<Int>,
  upstream: Tensor?, differentiable: Bool, consuming: Bool, visit: (Int, Tensor?) throws -> Void
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
  let turns = route.turns(late: variables[late].compactMap(\.node))
  var remainingTurns = turns.countsByNode
  var remainingReaders = consuming ? turns.readerCounts : [:]
  for turn in turns {
    let (node, id, inputs) = (turn.node, ObjectIdentifier(turn.node), turn.node.inputs)
    remainingTurns[id, default: 0] -= 1
    var contributions: [Tensor?] = inputs.map { _ in nil }
    // In the last turn nobody but the rule holds the upstream gradient.
    let isLastTurn = remainingTurns[id] == 0
    if let rule = node.rule,
      let upstream = isLastTurn ? gradients.removeValue(forKey: id) : gradients[id]
    {
      contributions = rule(
        BackwardPass(
          of: node, upstream: consume upstream, needs: turn.needs, differentiable: differentiable))
      precondition(contributions.count == inputs.count, "a gradient for each input")
    }
    for read in consuming ? turn.nodesItReads : [] {
      let id = ObjectIdentifier(read)
      remainingReaders[id, default: 0] -= 1
      if remainingReaders[id] == 0 && remainingTurns[id] == 0 { read.consume() }
    }
    for index in inputs.indices where turn.needs[index] {
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
