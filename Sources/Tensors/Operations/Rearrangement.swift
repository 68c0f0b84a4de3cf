import CKernels

// Operations that move elements without computing on them; each is linear, and its gradient
// moves them back.

extension Tensor {
  /// Returns the same elements under another shape. Nothing is copied.
  public func reshaped(to shape: [Int]) -> Tensor {
    precondition(shape.product == count, "shape \(self.shape) does not reshape to \(shape)")
    guard shape != self.shape else { return self }
    let original = self.shape
    return Tensor(shape: shape, storage: storage, offset: offset)
      .recorded(from: [self]) { [$0.upstream.reshaped(to: original)] }
  }

  /// Returns the tensor whose dimension i is dimension `axes[i]` of this one.
  public func permuted(_ axes: Int...) -> Tensor { permuted(axes) }

  /// Returns the tensor whose dimension i is dimension `axes[i]` of this one.
  public func permuted(_ axes: [Int]) -> Tensor {
    precondition(axes.sorted() == Array(0..<rank), "\(axes) is no order of \(rank) dimensions")
    let strides = shape.strides
    var inverse = axes
    for (dimension, axis) in axes.enumerated() { inverse[axis] = dimension }
    let permuted = axes.map { shape[$0] }
    return Tensor(shape: permuted) {
      StridedCopy(
        shape: permuted, outStrides: permuted.strides, strides: axes.map { strides[$0] })(
          from: pointer, to: $0.start)
    }
    .recorded(from: [self]) { [inverse] in [$0.upstream.permuted(inverse)] }
  }

  /// Returns the elements whose index along `axis` lies in `range`.
  public func sliced(_ range: Range<Int>, alongAxis axis: Int = 0) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "no range \(range) along axis \(axis) of shape \(shape)")
    var extents = shape
    extents[axis] = range.count
    let strides = shape.strides
    let start = range.lowerBound * strides[axis]
    let trailing = shape[axis] - range.upperBound
    let part =
      shape[..<axis].allSatisfy { $0 == 1 }
      ? Tensor(shape: extents, storage: storage, offset: offset + start)
      : Tensor(shape: extents) {
        StridedCopy(shape: extents, outStrides: extents.strides, strides: strides)(
          from: pointer + start, to: $0.start)
      }
    return part.recorded(from: [self]) {
      [$0.upstream.padded(alongAxis: axis, before: range.lowerBound, after: trailing)]
    }
  }

  /// Returns this tensor with zeros added at both ends of `axis`.
  public func padded(alongAxis axis: Int, before: Int, after: Int) -> Tensor {
    precondition(before >= 0 && after >= 0, "padding of \(before) and \(after) elements")
    guard before > 0 || after > 0 else { return self }
    var extents = shape
    extents[axis] += before + after
    let strides = extents.strides
    let kept = before..<before + shape[axis]
    return Tensor(shape: extents) { out in
      out.initialize(repeating: 0)
      StridedCopy(shape: shape, outStrides: strides, strides: shape.strides)(
        from: pointer, to: out.start + before * strides[axis])
    }
    .recorded(from: [self]) { [$0.upstream.sliced(kept, alongAxis: axis)] }
  }

  /// Returns `tensors` joined end to end along `axis`.
  public static func concatenated(_ tensors: [Tensor], alongAxis axis: Int = 0) -> Tensor {
    precondition(!tensors.isEmpty, "nothing to concatenate")
    var extents = tensors[0].shape
    for tensor in tensors {
      var fitted = tensor.shape
      if fitted.indices.contains(axis) { fitted[axis] = extents[axis] }
      precondition(fitted == extents, "shape \(tensor.shape) does not continue \(extents)")
    }
    extents[axis] = tensors.reduce(0) { $0 + $1.shape[axis] }
    let strides = extents.strides
    var ranges: [Range<Int>] = []
    for tensor in tensors {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<start + tensor.shape[axis])
    }
    return Tensor(shape: extents) { out in
      for (tensor, range) in zip(tensors, ranges) {
        StridedCopy(shape: tensor.shape, outStrides: strides, strides: tensor.shape.strides)(
          from: tensor.pointer, to: out.start + range.lowerBound * strides[axis])
      }
    }
    .recorded(from: tensors) { [ranges] pass in
      zip(ranges, pass.needs).map { range, isNeeded in
        isNeeded ? pass.upstream.sliced(range, alongAxis: axis) : nil
      }
    }
  }

  // MARK: Pictures, [batch, height, width, channels]

  /// Returns pictures in which every pixel is repeated `factor` times along both axes.
  public func upsampled(by factor: Int) -> Tensor { upsampled(by: factor, scale: 1) }

  /// Returns the mean of each disjoint `factor` × `factor` window.
  public func averagePooled(by factor: Int) -> Tensor {
    windowSums(of: factor, scale: 1 / Float(factor * factor))
  }

  // Each of these two is the adjoint of the other. The factor comes along, since a pass of its own
  // would take as long once more.

  private func upsampled(by factor: Int, scale: Float) -> Tensor {
    let pixels = shape[1] * shape[2] * shape[3]
    return Tensor(shape: [shape[0], shape[1] * factor, shape[2] * factor, shape[3]]) { out in
      forEachElementRange(of: shape[0], width: pixels * factor * factor) {
        ck_upsample(
          out.start + $0.lowerBound * pixels * factor * factor, pointer + $0.lowerBound * pixels,
          $0.count, shape[1], shape[2], shape[3], factor, scale)
      }
    }
    .recorded(from: [self]) { [$0.upstream.windowSums(of: factor, scale: scale)] }
  }

  private func windowSums(of factor: Int, scale: Float) -> Tensor {
    let pooled = pooledShape(factor)
    let (size, pooledSize) = (Array(shape.dropFirst()).product, Array(pooled.dropFirst()).product)
    return Tensor(shape: pooled) { out in
      forEachElementRange(of: pooled[0], width: size) {
        ck_window_sum(
          out.start + $0.lowerBound * pooledSize, pointer + $0.lowerBound * size, $0.count,
          pooled[1], pooled[2], pooled[3], factor, scale)
      }
    }
    .recorded(from: [self]) { [$0.upstream.upsampled(by: factor, scale: scale)] }
  }

  /// Returns the largest value of each disjoint `factor` × `factor` window; the gradient goes to
  /// the first pixel that has it.
  public func maxPooled(by factor: Int) -> Tensor {
    let pooled = pooledShape(factor)
    let winner = Tensor(uninitialized: shape)
    let (size, pooledSize) = (Array(shape.dropFirst()).product, Array(pooled.dropFirst()).product)
    return Tensor(shape: pooled) { out in
      forEachElementRange(of: pooled[0], width: size) {
        let start = $0.lowerBound * size
        ck_window_maximum(
          out.start + $0.lowerBound * pooledSize, winner.pointer + start, pointer + start, $0.count,
          pooled[1], pooled[2], pooled[3], factor)
      }
    }
    .recorded(from: [self]) { [$0.upstream.upsampled(by: factor) * winner] }
  }

  private func pooledShape(_ factor: Int) -> [Int] {
    precondition(
      shape[1] % factor == 0 && shape[2] % factor == 0,
      "shape \(shape) has no whole \(factor) × \(factor) windows")
    return [shape[0], shape[1] / factor, shape[2] / factor, shape[3]]
  }
}
