import Collectives
import Tensors

/// This rank's patches of one level of one set, normalised by the statistics of the whole set.
///
/// Patches are kept as far as there is room, and cut out anew where there is not.
struct ProjectedPatches {
  /// The bytes of patches that a rank keeps of a set; patches of 4,700 images.
  private static let keptBytes = 350 << 20

  /// The number of patches of the whole set.
  let patchCount: Int
  private let share: ImageShare
  private let descriptors: PatchDescriptors
  private let kept: [Tensor]
  private let normalization: ChannelNormalization

  init(
    of share: ImageShare, _ descriptors: PatchDescriptors, over communicator: any Communicator
  ) throws {
    (self.share, self.descriptors) = (share, descriptors)
    patchCount = share.totalCount * PatchDescriptors.patchesPerImage
    let chunkBytes =
      ImageShare.chunkSize * PatchDescriptors.patchesPerImage * PatchDescriptors.width
      * MemoryLayout<Float>.stride
    let keptCount = min(share.chunkCount, Self.keptBytes / chunkBytes)
    let chunks = concurrentMap(share.chunkCount) { chunk in
      let patches = descriptors.patches(ofChunk: chunk, in: share)
      return (patches: chunk < keptCount ? patches : nil, sums: descriptors.sums(of: patches))
    }
    kept = chunks.compactMap(\.patches)
    normalization = ChannelNormalization(
      sums: try communicator.allGatherInOrder(chunks.flatMap(\.sums)))
  }

  /// Returns the projections of this rank's patches onto `directions`, `[width, directions]`:
  /// direction after direction.
  func projections(onto directions: Tensor) -> [Float] {
    let count = directions.shape[1]
    let (scaled, offsets) = normalization.carried(by: directions)
    let points = share.range.count * PatchDescriptors.patchesPerImage
    let pointsPerChunk = ImageShare.chunkSize * PatchDescriptors.patchesPerImage
    return [Float](unsafeUninitializedCapacity: points * count) { out, initializedCount in
      forEachRangeConcurrently(of: share.chunkCount) { chunks in
        for chunk in chunks {
          let patches =
            chunk < kept.count ? kept[chunk] : descriptors.patches(ofChunk: chunk, in: share)
          patches.matrixProduct(scaled).withScalars { products in
            for row in 0..<products.count / count {
              let point = chunk * pointsPerChunk + row
              for direction in 0..<count {
                out[direction * points + point] =
                  products[row * count + direction] - offsets[direction]
              }
            }
          }
        }
      }
      initializedCount = points * count
    }
  }
}
