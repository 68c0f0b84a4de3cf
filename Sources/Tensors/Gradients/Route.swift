/// The nodes through which a result depends on some targets, latest first.
struct Route {
  private let targets: Set<ObjectIdentifier>
  private var nodes: [TapeNode] = []
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

  /// The calls of rules that lead from the result to the targets, in their order: those on which
  /// only `late` targets depend come after all others, unless another call contributes to the same
  /// gradient earlier, since sums in another order are other sums.
  func turns(late: [TapeNode]) -> [Turn] {
    let turns = nodes.flatMap { node -> [Turn] in
      let needs = node.inputs.map { $0.node.map(contains) ?? false }
      guard node.rule != nil && needs.contains(true) else { return [] }
      return node.turns(finding: needs).map { Turn(node: node, needs: $0) }
    }
    guard !late.isEmpty else { return turns }
    // The nodes whose gradients are needed early, in all their parts.
    var early = targets.subtracting(late.map(ObjectIdentifier.init))
    func isEarly(_ turn: Turn) -> Bool { turn.neededNodes.contains { early.contains($0) } }
    var isSettled = false
    while !isSettled {
      isSettled = true
      for turn in turns.reversed() where isEarly(turn) {
        for node in turn.neededNodes + [ObjectIdentifier(turn.node)]
        where early.insert(node).inserted {
          isSettled = false
        }
      }
    }
    return turns.filter(isEarly) + turns.filter { !isEarly($0) }
  }

  /// How many times each node on the route is an input of others on it.
  var useCounts: [ObjectIdentifier: Int] {
    var counts: [ObjectIdentifier: Int] = [:]
    for input in nodes.lazy.flatMap(\.inputs) {
      if let node = input.node, contains(node) { counts[ObjectIdentifier(node), default: 0] += 1 }
    }
    return counts
  }
}

/// One call of a node's rule, for the gradients of the inputs that it `needs`.
struct Turn {
  let node: TapeNode
  let needs: [Bool]

  /// The inputs whose gradients it contributes to.
  var neededNodes: [ObjectIdentifier] {
    zip(node.inputs, needs).compactMap { $1 ? $0.node.map(ObjectIdentifier.init) : nil }
  }

  /// The node itself and those that must not be consumed before the turn, since inputs are made
  /// again by them.
  var nodesItReads: [TapeNode] { [node] + node.remadeInputs }
}

extension [Turn] {
  var countsByNode: [ObjectIdentifier: Int] {
    reduce(into: [:]) { $0[ObjectIdentifier($1.node), default: 0] += 1 }
  }

  /// How many turns read each node.
  var readerCounts: [ObjectIdentifier: Int] {
    lazy.flatMap(\.nodesItReads).reduce(into: [:]) { $0[ObjectIdentifier($1), default: 0] += 1 }
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
