/// Portraits held in memory, for images that are made rather than read.
public struct InMemoryPortraits: PortraitSource {
  public let count: Int
  public let imageSize: Int
  public let labels: [String]
  public let contentDigest: ContentDigest
  private let pixels: [UInt8]
  private let imageLabels: [Int]

  /// Creates a source of the images in `pixels`.
  ///
  /// - Parameters:
  ///   - imageSize: The width and the height of every image.
  ///   - pixels: All images, `[count, imageSize, imageSize, 3]`, at least one.
  ///   - imageLabels: The label of each image, an index into `labels`.
  ///   - labels: The names of the labels.
  public init(imageSize: Int, pixels: [UInt8], imageLabels: [Int], labels: [String]) {
    precondition(imageSize > 0 && !imageLabels.isEmpty, "A source has at least one image.")
    precondition(
      pixels.count == imageLabels.count * imageSize * imageSize * 3,
      "\(pixels.count) bytes are not \(imageLabels.count) images of \(imageSize) pixels squared.")
    precondition(
      imageLabels.allSatisfy(labels.indices.contains), "A label is an index into the labels.")
    self.imageSize = imageSize
    self.pixels = pixels
    self.imageLabels = imageLabels
    self.labels = labels
    count = imageLabels.count

    let bytesPerImage = imageSize * imageSize * 3
    var accumulator = ContentDigestOfImages(imageSize: imageSize)
    for (index, label) in imageLabels.enumerated() {
      let image = pixels[index * bytesPerImage..<(index + 1) * bytesPerImage]
      accumulator.append(imageDigest: ContentDigest(of: image), label: labels[label])
    }
    contentDigest = accumulator.digest
  }

  /// Creates a source of unlabelled images: every image has the one label "".
  public init(imageSize: Int, pixels: [UInt8]) {
    precondition(imageSize > 0, "An image has a size.")
    let count = pixels.count / (imageSize * imageSize * 3)
    self.init(
      imageSize: imageSize, pixels: pixels, imageLabels: Array(repeating: 0, count: count),
      labels: [""])
  }

  public func label(of index: Int) -> Int { imageLabels[index] }

  public func withPixels<Result>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    precondition((0..<count).contains(index), "There is no image \(index) of \(count).")
    return try pixels.withUnsafeBufferPointer { all in
      try body(
        UnsafeBufferPointer(rebasing: all[index * bytesPerImage..<(index + 1) * bytesPerImage]))
    }
  }
}
