import GANs
import Metrics
import Pictures
import Portraits
import Training

/// The pictures that show what came of a comparison.
struct ComparisonFigures {
  let source: any PortraitSource
  /// What the generators are shown by: one finished run of each model.
  let runs: [(run: PlannedRun, result: RunResult, generator: ImageGenerator)]
  /// The number of pictures of a model.
  let sampleCount: Int

  private static let picturesPerRow = 12
  private static let groupsPerRow = 3

  /// Returns samples of each model from the same latents, under its name.
  func samples() throws -> Picture {
    try CaptionedSheet(sampleBlocks).drawn()
  }

  /// Returns the same below as many real portraits.
  func samplesBesideReals() throws -> Picture {
    var order = Sampler(
      count: source.count, globalBatch: min(sampleCount, source.count),
      seed: PortraitMeasurements.seed)
    let reals = order.samples(step: 0, rank: 0, of: 1).map { real($0.imageIndex) }
    return try CaptionedSheet([block("real portraits", reals)] + sampleBlocks).drawn()
  }

  /// Returns, for each model, the generated portraits that come nearest to real ones, each followed
  /// by its nearest real ones.
  func neighbours() throws -> Picture {
    try CaptionedSheet(
      runs.map { run, result, generator in
        let groups = result.closest.map { found in
          let latents = generator.latents(
            seed: PortraitMeasurements.seed, indices: found.picture..<found.picture + 1)
          return (generator.pictures(from: latents) + found.neighbours.map { real($0.portrait) })
            .map(\.enlarged)
        }
        return .init(
          caption:
            "\(run.model.rawValue): the portraits nearest to real ones, each before its nearest",
          picture: PictureRows(groupsPerRow: Self.groupsPerRow).tiling(groups))
      }
    ).drawn()
  }

  private var sampleBlocks: [CaptionedSheet.Block] {
    runs.map { run, _, generator in
      let latents = generator.latents(
        seed: PortraitMeasurements.seed, indices: 0..<sampleCount)
      return block(run.model.rawValue, generator.pictures(from: latents))
    }
  }

  private func block(_ caption: String, _ pictures: [Picture]) -> CaptionedSheet.Block {
    let columns = min(Self.picturesPerRow, pictures.count)
    let grid = PictureGrid(
      rows: (pictures.count + columns - 1) / columns, columns: columns)
    return .init(caption: caption, picture: grid.tiling(pictures.map(\.enlarged)))
  }

  private func real(_ index: Int) -> Picture {
    source.withPixels(of: index) {
      Picture(width: source.imageSize, height: source.imageSize, pixels: Array($0))
    }
  }
}

extension Picture {
  /// The picture large enough to be looked at.
  fileprivate var enlarged: Picture {
    let factor = max(1, 64 / width)
    return factor == 1 ? self : resized(width: width * factor, height: height * factor)
  }
}
