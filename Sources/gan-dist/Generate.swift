import ArgumentParser
import Collectives
import Foundation
import GANs
import Pictures
import Tensors
import Training
import Wording

/// `gan-dist generate`
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make portraits with a trained generator.",
    discussion: """
      The checkpoint is a file, or a run directory, whose newest usable checkpoint is taken. \
      Picture number i depends on the seed and on i only.
      """)

  enum Layout: String, ExpressibleByArgument, CaseIterable {
    case grid, files, interpolation
  }

  enum Weights: String, ExpressibleByArgument, CaseIterable {
    case ema, raw
  }

  @Argument(help: "A checkpoint file, or the directory of a run.")
  var checkpoint: String

  @Option(
    help: "The PNG to write, or a new folder for files. (default: generated.png, or generated)")
  var output: String?

  @Option(
    help: """
      One sheet (grid), one PNG a portrait (files), or rows that walk from one portrait to the \
      next (interpolation).
      """)
  var layout = Layout.grid

  @Option(help: "Number of portraits, or of rows of an interpolation. (default: 64, or 8 rows)")
  var count: Int?

  @Option(help: "Portraits along a row of an interpolation.")
  var stepsBetween = 8

  @Option(help: "Which latents to start from.")
  var seed: UInt64 = 1

  @Option(help: "The moving average of the generator's weights (ema), or its newest (raw).")
  var weights = Weights.ema

  @OptionGroup var compute: ThreadOptions

  func validate() throws {
    let largest = layout == .files ? 1_000_000 : layout == .grid ? 4096 : 64
    guard (1...largest).contains(count ?? 1) else {
      throw ValidationError("--count must be between 1 and \(largest) for --layout \(layout)")
    }
    guard (2...64).contains(stepsBetween) else {
      throw ValidationError("--steps-between must be between 2 and 64")
    }
    if layout != .files, let output { try PNGOutput.check(output) }
  }

  func run() throws {
    try GanDist.requireSingleProcess(for: "generate")
    try compute.configure(for: SoloCommunicator())
    let (checkpoint, passedOver) = try Checkpoint.open(checkpoint)
    passedOver.forEach { Terminal.say("passed over: \($0)") }
    let output = output ?? (layout == .files ? "generated" : "generated.png")
    let generator = try checkpoint.imageGenerator(averaged: weights == .ema)
    let count = count ?? (layout == .interpolation ? 8 : 64)
    switch layout {
    case .grid:
      let latents = generator.latents(seed: seed, indices: 0..<count)
      let pictures = generator.pictures(from: latents)
      try PictureGrid(holding: pictures.count).tiling(pictures).writePNG(to: output)
    case .files:
      try writeFiles(count, by: generator, into: output)
    case .interpolation:
      try writeInterpolation(ofRows: count, by: generator, to: output)
    }
    let made =
      layout == .interpolation
      ? "\(count.counted("walk")) of \(stepsBetween.counted("portrait"))"
      : count.counted("portrait")
    let source = [
      checkpoint.configuration.model.rawValue, "step \(checkpoint.step)", weights.rawValue,
      generator.unfinishedGrowth,
    ].compactMap { $0 }.joined(separator: ", ")
    Terminal.say("\(output): \(made) by \(self.checkpoint) (\(source))")
  }

  private func writeFiles(
    _ count: Int, by generator: ImageGenerator, into folder: String
  ) throws {
    // Among other pictures, training data say, the generated ones could not be told apart again.
    guard (try? FileManager.default.contentsOfDirectory(atPath: folder))?.isEmpty ?? true else {
      throw TrainingError(.usage, "\(folder) is not empty; name a new folder with --output")
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw TrainingError.unwritable(folder, because: error)
    }
    for start in stride(from: 0, to: count, by: 64) {
      let indices = start..<min(start + 64, count)
      let pictures = generator.pictures(from: generator.latents(seed: seed, indices: indices))
      for (index, picture) in zip(indices, pictures) {
        try picture.writePNG(to: folder + String(format: "/%06d.png", index))
      }
    }
  }

  private func writeInterpolation(
    ofRows rows: Int, by generator: ImageGenerator, to file: String
  ) throws {
    let anchors = generator.latents(seed: seed, indices: 0..<rows + 1)
    let walks = (0..<rows).map { row in
      anchors.sliced(row..<row + 1).walk(
        to: anchors.sliced(row + 1..<row + 2), steps: stepsBetween)
    }
    let pictures = generator.pictures(from: .concatenated(walks))
    try PictureGrid(rows: rows, columns: stepsBetween).tiling(pictures).writePNG(to: file)
  }
}

extension Tensor {
  /// Returns latents from this one to `end`, both `[1, dimension]`, along the arc between them.
  ///
  /// Normal latents lie near a sphere; a straight line would pass through its unlikely inside
  /// (White, "Sampling Generative Networks", 2016).
  fileprivate func walk(to end: Tensor, steps: Int) -> Tensor {
    let lengths = (self * self).sum().scalar.squareRoot() * (end * end).sum().scalar.squareRoot()
    let angle = acos(min(1, max(-1, (self * end).sum().scalar / lengths)))
    return .concatenated(
      (0..<steps).map { step in
        let t = Float(step) / Float(steps - 1)
        guard sin(angle) > 1e-4 else { return self * (1 - t) + end * t }
        return self * (sin((1 - t) * angle) / sin(angle)) + end * (sin(t * angle) / sin(angle))
      })
  }
}
