import Collectives
import Tensors

/// What describes an image by a vector of numbers, so that sets of images can be compared as
/// clouds of points.
public protocol FeatureExtractor: Sendable {
  /// The features' name, such as `random convolutions`.
  var name: String { get }
  /// What the Fréchet and kernel distances of these features are called.
  var distanceNames: (frechet: String, kernel: String) { get }
  /// The number of features of an image.
  var featureCount: Int { get }
  /// Tells weights that were read from a file from others; nil if they follow from the program.
  var weightsDigest: String? { get }

  /// Returns the features `[batch, featureCount]` of images `[batch, height, width, 3]`, whose
  /// values are bytes, 0 to 255.
  func features(of images: Tensor) -> Tensor
}

extension FeatureExtractor {
  public var weightsDigest: String? { nil }
}

/// The features of all images of a set, one row an image.
public struct FeatureMatrix: Sendable, Equatable {
  /// The number of images.
  public let rows: Int
  /// The number of features of an image.
  public let columns: Int
  /// The features, image after image.
  public let values: [Float]

  /// Creates a matrix from its rows, one after the other.
  public init(columns: Int, values: [Float]) {
    precondition(columns > 0 && values.count.isMultiple(of: columns), "rows are not whole")
    (self.columns, self.values) = (columns, values)
    rows = values.count / columns
  }

  /// Extracts the features of a set.
  ///
  /// Every rank calls this, with its own share, and gets the features of all images, which are
  /// the same, to the bit, for any number of ranks and threads.
  /// - Parameter progress: called equally often on every rank with the fraction done.
  /// - Throws: ``FeatureError`` if features are not finite, `CollectiveError` if the ranks could
  ///   not be reached, and what `progress` throws.
  public init(
    of share: ImageShare, by extractor: any FeatureExtractor, over communicator: any Communicator,
    progress: (Double) throws -> Void = { _ in }
  ) throws {
    var own: [Float] = []
    for round in 0..<share.roundCount {
      if round < share.chunkCount {
        let features = extractor.features(of: share.images(ofChunk: round))
        precondition(features.shape[1] == extractor.featureCount, "\(features.shape) features")
        own += features.scalars
      }
      try progress(Double(round + 1) / Double(share.roundCount))
    }
    let all = try communicator.allGatherInOrder(own)
    guard all.allSatisfy(\.isFinite) else {
      throw FeatureError.notFinite(extractor: extractor.name)
    }
    self.init(columns: extractor.featureCount, values: all)
  }

  /// Returns the rows with these numbers.
  func rows(_ numbers: some Collection<Int>) -> FeatureMatrix {
    FeatureMatrix(
      columns: columns, values: numbers.flatMap { values[$0 * columns..<($0 + 1) * columns] })
  }

  /// Returns consecutive rows in double precision, in which distances are computed.
  func doubles(_ rows: Range<Int>) -> [Double] {
    let first = rows.lowerBound * columns
    return [Double](unsafeUninitializedCapacity: rows.count * columns) { out, initializedCount in
      values.withUnsafeBufferPointer { values in
        for index in 0..<rows.count * columns {
          out.initializeElement(at: index, to: Double(values[first + index]))
        }
      }
      initializedCount = rows.count * columns
    }
  }
}

extension ImageShare {
  /// Returns the images of a chunk, `[images, imageSize, imageSize, 3]`, in units of the bytes.
  func images(ofChunk chunk: Int) -> Tensor {
    let indices = indices(ofChunk: chunk)
    let width = imageSize * imageSize * 3
    return Tensor(shape: [indices.count, imageSize, imageSize, 3]) { out in
      for index in indices {
        withPixels(of: index) { pixels in
          let start = (index - indices.lowerBound) * width
          for place in pixels.indices { out[start + place] = Float(pixels[place]) }
        }
      }
    }
  }
}
