import CKernels

/// Tensors that lie side by side in one flat buffer, and can be written to.
///
/// All weights of a network, or all gradients, are one such buffer: averaging them over ranks is
/// one call, an optimizer's update one loop. Each tensor starts at a multiple of 64 bytes; the
/// gaps hold zeros.
///
/// The tensors are views: one taken from the buffer changes when the buffer is written, so that
/// whoever writes must know that no recorded computation still needs the old numbers.
public final class TensorBuffer: @unchecked Sendable {
  /// The shape of each tensor.
  public let shapes: [[Int]]
  /// The tensors, as views of the buffer.
  public let tensors: [Tensor]
  /// The number of floats in the buffer, gaps included.
  public let count: Int

  private let storage: Storage

  /// Creates a buffer of zeros with room for a tensor of each of `shapes`.
  public convenience init(shapes: [[Int]]) {
    self.init(uninitialized: shapes)
    storage.pointer.initialize(repeating: 0, count: count)
  }

  /// Creates a buffer with room for a tensor of each of `shapes`; all of them must be written.
  public init(uninitialized shapes: [[Int]]) {
    self.shapes = shapes
    var offsets: [Int] = []
    var end = 0
    for shape in shapes {
      offsets.append(end)
      end += (shape.product + 15) / 16 * 16
    }
    let storage = Storage(count: end)
    for (shape, offset) in zip(shapes, offsets) {
      let gap = offset + shape.product..<offset + (shape.product + 15) / 16 * 16
      (storage.pointer + gap.lowerBound).initialize(repeating: 0, count: gap.count)
    }
    self.storage = storage
    count = end
    tensors = zip(shapes, offsets).map { Tensor(shape: $0, storage: storage, offset: $1) }
  }

  /// Calls `body` with the whole buffer.
  public func withMutableScalars<R>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.pointer, count: count))
  }

  /// Calls `body` with the elements of tensor `index`.
  public func withMutableScalars<R>(
    of index: Int, _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    let tensor = tensors[index]
    return try body(UnsafeMutableBufferPointer(start: tensor.pointer, count: tensor.count))
  }

  /// Calls `body` with the elements of neighbouring tensors, and of the gaps behind them.
  public func withMutableScalars<R>(
    of range: Range<Int>, _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    guard let first = range.first else { return try body(.init(start: nil, count: 0)) }
    let end = range.upperBound < tensors.count ? tensors[range.upperBound].offset : count
    let start = tensors[first].offset
    return try body(.init(start: storage.pointer + start, count: end - start))
  }

  /// Overwrites each tensor of the buffer with the one of `values` in its place.
  public func store(_ values: [Tensor]) {
    precondition(values.map(\.shape) == shapes, "shapes differ from the buffer's")
    for (target, value) in zip(tensors, values) { target.overwrite(with: value) }
  }

  /// Overwrites tensor `index` with `value`, or with zeros if that is nil.
  func store(_ value: Tensor?, at index: Int) {
    let target = tensors[index]
    if let value {
      precondition(value.shape == target.shape, "\(value.shape) in the place of \(target.shape)")
      target.overwrite(with: value)
    } else {
      target.pointer.update(repeating: 0, count: target.count)
    }
  }

  /// True if no element is infinite or not a number.
  public var isFinite: Bool { ck_all_finite(storage.pointer, count) != 0 }

  /// The Euclidean length of all elements taken for one vector.
  public var norm: Float {
    // Tensors and gaps are whole rows of 16.
    let spans = RowSpans(rows: count / 16, width: 16)
    var sum = 0.0
    spans.forEach(ofMatrices: 1, results: 1) { _, span, squares in
      squares.pointee = ck_sum_of_squares(
        storage.pointer + spans[span].lowerBound * 16, spans[span].count * 16)
    } join: { _, squares in
      for span in 0..<spans.count { sum += squares[span] }
    }
    return Float(sum.squareRoot())
  }

  /// Sets each element to the nearest number from -`limit` to `limit`.
  public func clip(to limit: Float) {
    forEachElementRange(of: count) { ck_clip(storage.pointer + $0.lowerBound, $0.count, limit) }
  }

  /// Returns a buffer of its own with the same contents.
  public func copy() -> TensorBuffer {
    let copy = TensorBuffer(shapes: shapes)
    copy.storage.pointer.update(from: storage.pointer, count: count)
    return copy
  }

  /// A 64-bit digest of every bit of the buffer: equal replicas have equal digests.
  public var digest: UInt64 { withMutableScalars(Self.digest) }

  /// Returns such a digest of tensor `index`.
  public func digest(of index: Int) -> UInt64 {
    withMutableScalars(of: index..<index + 1, Self.digest)
  }

  /// - Parameter scalars: with their gaps, so that they are an even number.
  private static func digest(_ scalars: UnsafeMutableBufferPointer<Float>) -> UInt64 {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    scalars.withMemoryRebound(to: UInt64.self) { words in
      for word in words {
        // A product carries differences only upwards; the shift brings them down again.
        digest = (digest ^ word) &* 0x9e37_79b9_7f4a_7c15
        digest ^= digest >> 32
      }
    }
    return digest
  }
}

extension Tensor {
  /// Copies the elements of `value` over those of this tensor.
  fileprivate func overwrite(with value: Tensor) {
    forEachElementRange(of: count) {
      (pointer + $0.lowerBound).update(from: value.pointer + $0.lowerBound, count: $0.count)
    }
  }
}
