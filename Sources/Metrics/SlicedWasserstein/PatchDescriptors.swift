import Tensors

/// Small patches cut at random places out of one level of the pyramids of a set of images.
struct PatchDescriptors {
  /// The side of a patch, in pixels.
  static let side = 7
  /// The numbers of a patch, `[side, side, 3]`.
  static let width = side * side * 3
  /// The patches that are cut out of an image.
  static let patchesPerImage = 128

  /// The place of this level in the pyramid, from 0.
  let level: Int
  /// The side of this level, in pixels.
  let size: Int
  private let positions: RandomStream

  init(level: Int, ofImageSize imageSize: Int, seed: UInt64) {
    self.level = level
    size = imageSize >> level
    positions = RandomStream(seed: seed, purpose: .patchPositions)
  }

  /// Returns the upper left corners of the patches of an image, which depend on its place in the
  /// whole set and on nothing else.
  func corners(ofImage index: Int) -> [(x: Int, y: Int)] {
    let places = size - Self.side + 1
    return (0..<Self.patchesPerImage).map { patch in
      let words = positions.words(
        step: UInt64(index), sample: UInt32(level), block: UInt32(patch))
      return (Self.place(words.0, of: places), Self.place(words.1, of: places))
    }
  }

  /// Maps a random word to a number below `count`: evenly but for `count` / 2³².
  private static func place(_ word: UInt32, of count: Int) -> Int {
    Int((UInt64(word) * UInt64(count)) >> 32)
  }

  /// Returns the patches of a chunk of images, `[images · patchesPerImage, width]`.
  func patches(ofChunk chunk: Int, in share: ImageShare) -> Tensor {
    let indices = share.indices(ofChunk: chunk)
    let rowWidth = Self.side * 3
    return Tensor(shape: [indices.count * Self.patchesPerImage, Self.width]) { out in
      var written = 0
      for index in indices {
        let picture = share.withPixels(of: index) {
          LaplacianPyramid.level(level, of: $0, size: share.imageSize)
        }
        for corner in corners(ofImage: index) {
          for row in corner.y..<corner.y + Self.side {
            let start = (row * size + corner.x) * 3
            for offset in 0..<rowWidth { out[written + offset] = picture[start + offset] }
            written += rowWidth
          }
        }
      }
    }
  }

  /// Returns, for each image of a chunk, the sums of its patches' numbers in each channel, and of
  /// their squares: six numbers an image.
  func sums(of patches: Tensor) -> [Double] {
    patches.withScalars { scalars in
      let width = Self.patchesPerImage * Self.width
      return (0..<scalars.count / width).flatMap { image in
        var sums = [Double](repeating: 0, count: 6)
        for pixel in stride(from: image * width, to: (image + 1) * width, by: 3) {
          for channel in 0..<3 {
            let value = Double(scalars[pixel + channel])
            sums[channel] += value
            sums[3 + channel] += value * value
          }
        }
        return sums
      }
    }
  }
}

/// What brings the patches of a set to mean 0 and deviation 1 in each channel.
struct ChannelNormalization {
  let means: [Double]
  let deviations: [Double]

  /// - Parameter sums: six numbers an image, as `PatchDescriptors.sums` returns them.
  init(sums: [Double]) {
    var totals = [Double](repeating: 0, count: 6)
    for index in sums.indices { totals[index % 6] += sums[index] }
    let count =
      Double(sums.count / 6) * Double(PatchDescriptors.patchesPerImage * PatchDescriptors.width / 3)
    let means = (0..<3).map { totals[$0] / count }
    self.means = means
    deviations = (0..<3).map { channel in
      let variance = totals[3 + channel] / count - means[channel] * means[channel]
      // Pictures of one colour have no deviation to divide by.
      return variance > 1e-12 ? variance.squareRoot() : 1
    }
  }

  /// Returns what projects patches as they are like `directions` project normalised ones: scaled
  /// directions, `[width, directions]`, and what is to be subtracted from each projection.
  func carried(by directions: Tensor) -> (directions: Tensor, offsets: [Float]) {
    let count = directions.shape[1]
    var offsets = [Double](repeating: 0, count: count)
    let scaled = Tensor(shape: directions.shape) { out in
      directions.withScalars { directions in
        for index in directions.indices {
          let channel = index / count % 3
          let scaled = Double(directions[index]) / deviations[channel]
          out[index] = Float(scaled)
          offsets[index % count] += Double(out[index]) * means[channel]
        }
      }
    }
    return (scaled, offsets.map { Float($0) })
  }
}
