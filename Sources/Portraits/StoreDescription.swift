import Foundation
import Pictures

/// What an image store says about itself, in JSON at its end.
struct StoreDescription: Codable {
  let imageSize: Int
  let fit: Fit
  let background: RGB
  let count: Int
  let labels: [String]
  let imageLabels: [Int]
  let imagePaths: [String]
  let skipped: [SkippedFile]
  let contentDigest: ContentDigest

  /// Returns the JSON, the same bytes for the same description.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// Reads the description in `data` and checks that it is consistent.
  ///
  /// - Throws: `StoreDamage`.
  init(_ data: Data, pixelByteCount: Int) throws {
    do {
      self = try JSONDecoder().decode(StoreDescription.self, from: data)
    } catch {
      throw StoreDamage("its description cannot be read")
    }
    guard
      count > 0, imageLabels.count == count, imagePaths.count == count,
      imageLabels.allSatisfy(labels.indices.contains),
      Self.pixelByteCount(count: count, imageSize: imageSize) == pixelByteCount
    else { throw StoreDamage("its description contradicts itself") }
  }

  init(
    imageSize: Int, fit: Fit, background: RGB, labels: [String], imageLabels: [Int],
    imagePaths: [String], skipped: [SkippedFile], contentDigest: ContentDigest
  ) {
    self.imageSize = imageSize
    self.fit = fit
    self.background = background
    self.count = imagePaths.count
    self.labels = labels
    self.imageLabels = imageLabels
    self.imagePaths = imagePaths
    self.skipped = skipped
    self.contentDigest = contentDigest
  }

  private static func pixelByteCount(count: Int, imageSize: Int) -> Int? {
    guard imageSize > 0 else { return nil }
    var product = 3
    for factor in [imageSize, imageSize, count] {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }
}
