import CKernels

extension Tensor {
  /// Adds this bias, `[channels]`, to each pixel of the fresh output of a layer, before anybody
  /// else sees that: a sum of its own would take as much memory as the output once more.
  func add(to output: UnsafeMutableBufferPointer<Float>) {
    precondition(rank == 1, "a bias of shape \(shape)")
    guard count > 0, let start = output.baseAddress else { return }
    precondition(output.count.isMultiple(of: count), "\(count) channels for \(output.count)")
    forEachElementRange(of: output.count / count, width: count) { rows in
      ck_add_to_rows(start + rows.lowerBound * count, pointer, rows.count, count)
    }
  }
}

extension BackwardPass {
  /// The gradient of a bias that was added as input 2, if there is such an input.
  var biasGradients: [Tensor?] {
    guard needs.count > 2 else { return [] }
    return [needs[2] ? upstream.summed(to: shape(ofInput: 2)) : nil]
  }
}
