import CKernels

/// A copy of elements from one arrangement in memory to another.
struct StridedCopy {
  private struct Dimension {
    var extent, outStride, stride: Int
  }

  private var dimensions: [Dimension] = []

  /// - Parameters:
  ///   - outStrides: the distances of neighbours in the copy, for each dimension.
  ///   - strides: their distances in the original.
  init(shape: [Int], outStrides: [Int], strides: [Int]) {
    for index in shape.indices where shape[index] != 1 {
      let inner = Dimension(
        extent: shape[index], outStride: outStrides[index], stride: strides[index])
      // Dimensions that both sides walk through in one stride become one.
      if let outer = dimensions.last, outer.outStride == inner.outStride * inner.extent,
        outer.stride == inner.stride * inner.extent
      {
        dimensions[dimensions.count - 1] = inner
        dimensions[dimensions.count - 1].extent *= outer.extent
      } else {
        dimensions.append(inner)
      }
    }
    // The order of the loops is free: a matrix to be transposed comes last.
    moveToEnd { $0.stride == 1 }
    moveToEnd { $0.outStride == 1 }
  }

  private mutating func moveToEnd(_ isWanted: (Dimension) -> Bool) {
    guard let index = dimensions.firstIndex(where: isWanted) else { return }
    dimensions.append(dimensions.remove(at: index))
  }

  /// Copies from `x` to `out`, on all compute threads.
  func callAsFunction(from x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>) {
    let extents = dimensions.map(\.extent)
    let (strides, outStrides) = (dimensions.map(\.stride), dimensions.map(\.outStride))
    guard let rows = extents.first else {
      out.pointee = x.pointee
      return
    }
    forEachElementRange(of: rows, width: extents.dropFirst().reduce(1, *)) { range in
      ck_copy_strided(
        out + range.lowerBound * outStrides[0], outStrides, x + range.lowerBound * strides[0],
        strides, Int32(extents.count), [range.count] + extents.dropFirst())
    }
  }
}
