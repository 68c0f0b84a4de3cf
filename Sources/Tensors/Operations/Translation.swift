/// A move of a picture, in pixels: down and to the right, or with negative numbers up and to the
/// left.
public struct PixelOffset: Sendable, Hashable {
  public var down, right: Int

  public init(down: Int, right: Int) {
    (self.down, self.right) = (down, right)
  }

  /// The move back.
  public static prefix func - (offset: PixelOffset) -> PixelOffset {
    PixelOffset(down: -offset.down, right: -offset.right)
  }
}

extension Tensor {
  /// Returns pictures `[batch, height, width, channels]` that are moved each by an offset of its
  /// own; what comes in from outside is zero.
  ///
  /// The move back is the adjoint, and so the gradient.
  public func translated(by offsets: [PixelOffset]) -> Tensor {
    precondition(rank == 4 && shape[0] == offsets.count, "\(offsets.count) offsets for \(shape)")
    let (height, width, channels) = (shape[1], shape[2], shape[3])
    let (row, picture) = (width * channels, height * width * channels)
    return Tensor(shape: shape) { out in
      forEachElementRange(of: offsets.count, width: picture) { range in
        for index in range {
          let offset = offsets[index]
          let (to, from) = (out.start + index * picture, pointer + index * picture)
          to.initialize(repeating: 0, count: picture)
          let columns = width - min(width, abs(offset.right))
          for y in max(0, offset.down)..<max(0, offset.down, min(height, height + offset.down)) {
            (to + y * row + max(0, offset.right) * channels).update(
              from: from + (y - offset.down) * row + max(0, -offset.right) * channels,
              count: columns * channels)
          }
        }
      }
    }
    .recorded(from: [self]) { [$0.upstream.translated(by: offsets.map { -$0 })] }
  }
}
