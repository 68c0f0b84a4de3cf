import CKernels

/// A stream of random numbers in which every element is a pure function of
/// (seed, purpose, step, sample, position).
///
/// Nothing is drawn "next": a number is looked up by what it is for. Ranks that share a seed
/// therefore agree on every latent and every augmentation, however the batch is divided
/// among them, and a resumed run continues the sequence without saved state.
/// Generator: Philox4x32-10 (Salmon et al., 2011).
public struct RandomStream: Sendable {
  /// What random numbers are for; streams of different purposes are independent.
  public struct Purpose: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let initialization = Purpose(rawValue: 1)
    public static let shuffle = Purpose(rawValue: 2)
    public static let augmentation = Purpose(rawValue: 3)
    public static let discriminatorLatents = Purpose(rawValue: 4)
    public static let generatorLatents = Purpose(rawValue: 5)
    public static let dropout = Purpose(rawValue: 6)
    public static let labels = Purpose(rawValue: 7)
    public static let painting = Purpose(rawValue: 8)
    public static let sampleGrid = Purpose(rawValue: 9)
    public static let statistics = Purpose(rawValue: 10)
    public static let interpolation = Purpose(rawValue: 11)
    public static let differentiableAugmentation = Purpose(rawValue: 12)
  }

  private let key: (UInt32, UInt32)

  /// Creates the stream of `purpose` under `seed`.
  public init(seed: UInt64, purpose: Purpose) {
    let block = Self.philox(
      counter: (purpose.rawValue, 0, 0, 0),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    key = (block.0, block.1)
  }

  /// Returns the four random words at (`step`, `sample`, `block`).
  public func words(
    step: UInt64, sample: UInt32 = 0, block: UInt32 = 0
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    Self.philox(
      counter: (
        block, sample, UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32)
      ), key: key)
  }

  /// Returns a number uniform in 0 ..< `bound`, without bias (Lemire, 2019), from the words that
  /// `next` returns: mostly from one.
  public static func number(below bound: UInt32, from next: () -> UInt32) -> UInt32 {
    let biasedLowParts = (0 &- bound) % bound
    while true {
      let product = UInt64(next()) * UInt64(bound)
      if UInt32(truncatingIfNeeded: product) >= biasedLowParts { return UInt32(product >> 32) }
    }
  }

  /// Fills `buffer` with numbers uniform in [0, 1).
  public func fillUniform(
    _ buffer: UnsafeMutableBufferPointer<Float>, step: UInt64, sample: UInt32 = 0
  ) {
    withUnsafeKey { ck_philox_uniform(buffer.baseAddress, buffer.count, $0, sample, step) }
  }

  /// Fills `buffer` with standard normal numbers.
  public func fillNormal(
    _ buffer: UnsafeMutableBufferPointer<Float>, step: UInt64, sample: UInt32 = 0
  ) {
    withUnsafeKey { ck_philox_normal(buffer.baseAddress, buffer.count, $0, sample, step) }
  }

  /// Writes `scale`·x to `out` where ``fillUniform(_:step:sample:)`` gives a number of at least
  /// `rate`, else zero.
  func dropOut(
    _ x: UnsafePointer<Float>, to out: UnsafeMutableBufferPointer<Float>, rate: Float, scale: Float,
    step: UInt64, sample: UInt32
  ) {
    // A uniform number is the upper 24 bits of a word; so the words can be compared themselves.
    let threshold = UInt32((rate * 0x1p24).rounded(.up)) << 8
    withUnsafeKey {
      ck_dropout(out.baseAddress, x, out.count, threshold, scale, $0, sample, step)
    }
  }

  private func withUnsafeKey(_ body: (UnsafePointer<UInt32>) -> Void) {
    // The memory of a tuple of equal types is bound to that type, too.
    withUnsafePointer(to: key) { body(UnsafeRawPointer($0).assumingMemoryBound(to: UInt32.self)) }
  }

  private static func philox(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    let counter = [counter.0, counter.1, counter.2, counter.3]
    return ck_philox(counter, [key.0, key.1]).word
  }
}
