/// Square RGB images of one size with a label each: what training draws its real samples from.
///
/// An image is `[imageSize, imageSize, 3]` bytes, rows from the top, and never changes. A source
/// is read from the loader's thread and from others at the same time.
public protocol PortraitSource: Sendable {
  /// The number of images, at least one.
  var count: Int { get }

  /// The width and the height of every image, in pixels.
  var imageSize: Int { get }

  /// The names of the labels; a label is an index into this table.
  var labels: [String] { get }

  /// A digest of all pixels and labels, equal wherever the same images are in the same order.
  var contentDigest: ContentDigest { get }

  /// Returns the label of the image at `index`, an index into `labels`.
  func label(of index: Int) -> Int

  /// Calls `body` with the bytes of the image at `index`; they are valid during the call only.
  func withPixels<Result>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result
}

extension PortraitSource {
  /// The number of bytes of one image.
  public var bytesPerImage: Int { imageSize * imageSize * 3 }
}
