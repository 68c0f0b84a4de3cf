import CKernels

/// Convolution of kernel 4, stride 2 and padding 1, the layer of DCGANs, by Winograd's minimal
/// filtering: 25 products where the definition has 64.
///
/// `Winograd.h` has the equations. Each of the 25 interpolation points is a matrix product
/// between the transformed weights U, inputs V and output gradients Y: the output is made of V·U,
/// the input gradient of Y·Uᵀ and the weight gradient of Vᵀ·Y. Pictures are taken a few at a time,
/// so that what a transform writes is still in cache when the product reads it.
struct WinogradConvolution: ConvolutionAlgorithm {
  /// Whether `problem` is one that this algorithm computes at all.
  static func serves(_ problem: ConvolutionProblem) -> Bool {
    problem.window == ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
      && problem.height % 8 == 0 && problem.width % 8 == 0
  }

  /// Whether this algorithm is the fastest for `problem`.
  ///
  /// Measured against im2col, which it beats by two in the layers of a DCGAN: that is lost where
  /// channels, padded to whole panels, come to twice as many products, and where fewer than 16
  /// tiles share the cost of transforming and reading U.
  static func suits(_ problem: ConvolutionProblem) -> Bool {
    let products = problem.inputChannels * problem.outputChannels
    let paddedProducts = padded(problem.inputChannels) * padded(problem.outputChannels)
    return serves(problem) && paddedProducts < 2 * products && problem.batch * problem.tiles >= 16
  }

  func output(
    _ output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let u = TransformedWeights(weights, of: problem, transform: ck_winograd_weights)
    problem.forEachBlock(ofTiles: Self.blockTiles) { block, v, y in
      problem.transformInput(input, block, into: v)
      multiply(
        v, by: u, into: y, tiles: block.count * problem.tiles, depth: problem.inputRow,
        columns: problem.outputRow)
      forEachRangeConcurrently(of: block.count) { range in
        let first = block.lowerBound + range.lowerBound
        ck_winograd_output(
          output + first * problem.outputCount, y.tile(range.lowerBound * problem.tiles), y.row,
          problem.outputPictures(range.count))
      }
    }
  }

  func inputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let u = TransformedWeights(weights, of: problem, transform: ck_winograd_weights_transposed)
    problem.forEachBlock(ofTiles: Self.blockTiles) { block, v, y in
      problem.transformOutputGradient(outputGradient, block, into: y)
      multiply(
        y, by: u, into: v, tiles: block.count * problem.tiles, depth: problem.outputRow,
        columns: problem.inputRow)
      forEachRangeConcurrently(of: block.count) { range in
        let first = block.lowerBound + range.lowerBound
        ck_winograd_input_adjoint(
          inputGradient + first * problem.inputCount, v.tile(range.lowerBound * problem.tiles),
          v.row, problem.inputPictures(range.count))
      }
    }
  }

  func weightGradient(
    _ weightGradient: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let slices = problem.weightSlices
    let sliceCount = WeightSlice.channels * problem.outputRow * interpolationPoints
    // Every block reads and writes all sums, so V and Y have half as much again as the sums. Those
    // of a single block are transformed back before they leave the cache.
    let blockTiles = max(
      Self.blockTiles,
      3 * problem.inputRow * problem.outputRow / (2 * (problem.inputRow + problem.outputRow)))
    let isSingleBlock = problem.batch * problem.tiles <= blockTiles
    let allSums = isSingleBlock ? nil : Storage(count: sliceCount * slices.count)
    problem.forEachBlock(ofTiles: blockTiles) { block, v, y in
      problem.transformInput(input, block, into: v)
      problem.transformOutputGradient(outputGradient, block, into: y)
      forEachRangeConcurrently(of: slices.count) { range in
        let sums = allSums ?? Storage(count: sliceCount)
        for index in range {
          let slice = slices[index]
          let sum = sums.pointer + (isSingleBlock ? 0 : index * sliceCount)
          for point in 0..<interpolationPoints {
            ck_panel_product(
              sum + point * slice.count * problem.outputRow, problem.outputRow,
              v[point] + slice.phase * padded(problem.inputChannels) + slice.first, v.byChannel,
              y[point], ck_panel_strides(row: y.tileStride, panel: panel),
              slice.count, problem.outputRow, block.count * problem.tiles,
              block.lowerBound > 0)
          }
          if block.upperBound == problem.batch {
            ck_winograd_weights_adjoint(
              weightGradient, sum, problem.inputChannels, problem.outputChannels, slice.phase,
              slice.first, slice.count)
          }
        }
      }
    }
  }

  /// Tiles of one block: with more, V and Y leave the cache; with fewer, U is read too often.
  private static let blockTiles = 64

  /// Computes one matrix product a point, by panels of the result's columns.
  private func multiply(
    _ a: TileMatrices, by u: TransformedWeights, into c: TileMatrices, tiles: Int, depth: Int,
    columns: Int
  ) {
    let panels = columns / panel
    forEachRangeConcurrently(of: interpolationPoints * panels) { range in
      for index in range {
        let (point, number) = index.quotientAndRemainder(dividingBy: panels)
        ck_panel_product(
          c[point] + number * panel, c.tileStride, a[point], a.byTile,
          u.pointer + index * depth * panel, ck_panel_strides(row: panel, panel: 0), tiles,
          panel, depth, false)
      }
    }
  }
}

private let interpolationPoints = Int(CK_WINOGRAD_POINTS)
/// The width of the panels of a product's second matrix.
private let panel = Int(CK_PANEL)
/// 2 × 2 places of an input pixel under a stride of 2.
private let phases = 4

private func padded(_ channels: Int) -> Int { (channels + panel - 1) / panel * panel }

/// U or Uᵀ: `[point, panel, depth, column in panel]`.
private struct TransformedWeights {
  private let storage: Storage

  init(
    _ weights: UnsafePointer<Float>, of problem: ConvolutionProblem,
    transform: (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int, Int, Int) -> Void
  ) {
    let storage = Storage(count: interpolationPoints * problem.inputRow * problem.outputRow)
    forEachRangeConcurrently(of: phases) { range in
      for phase in range {
        transform(
          storage.pointer, weights, problem.inputChannels, problem.outputChannels, phase)
      }
    }
    self.storage = storage
  }

  var pointer: UnsafePointer<Float> { UnsafePointer(storage.pointer) }
}

/// V or Y: `[tile, point, row]`, a matrix of tiles and channels for each point.
private struct TileMatrices {
  private let storage: Storage
  /// The distance from one point to the next, in floats. Were it a multiple of the page size, the
  /// 25 rows that a transform writes would compete for the same lines of the cache.
  let row: Int

  init(tiles: Int, columns: Int) {
    row = columns + Int(CK_LANES)
    storage = Storage(count: tiles * interpolationPoints * row)
  }

  /// The distance from one tile to the next, in floats.
  var tileStride: Int { interpolationPoints * row }
  var byTile: ck_matrix_strides { ck_matrix_strides(row: tileStride, column: 1) }
  var byChannel: ck_matrix_strides { ck_matrix_strides(row: 1, column: tileStride) }

  /// The first tile of a point's matrix.
  subscript(point: Int) -> UnsafeMutablePointer<Float> { storage.pointer + point * row }

  func tile(_ index: Int) -> UnsafeMutablePointer<Float> { storage.pointer + index * tileStride }
}

/// Some input channels of one phase, whose weight gradient is computed in one go.
private struct WeightSlice {
  static let channels = 64

  let phase, first, count: Int
}

extension ConvolutionProblem {
  /// Tiles of a picture.
  fileprivate var tiles: Int {
    outputHeight / Int(CK_WINOGRAD_TILE) * (outputWidth / Int(CK_WINOGRAD_TILE))
  }
  /// Columns of V: the phases of padded input channels.
  fileprivate var inputRow: Int { phases * padded(inputChannels) }
  /// Columns of Y: padded output channels.
  fileprivate var outputRow: Int { padded(outputChannels) }

  fileprivate func inputPictures(_ count: Int) -> ck_pictures {
    ck_pictures(count: count, height: height, width: width, channels: inputChannels)
  }

  fileprivate func outputPictures(_ count: Int) -> ck_pictures {
    ck_pictures(count: count, height: outputHeight, width: outputWidth, channels: outputChannels)
  }

  /// Calls `body` with the pictures of one block after the other, and room for their V and Y.
  fileprivate func forEachBlock(
    ofTiles blockTiles: Int, _ body: (Range<Int>, TileMatrices, TileMatrices) -> Void
  ) {
    let step = min(batch, max(1, blockTiles / tiles))
    let v = TileMatrices(tiles: step * tiles, columns: inputRow)
    let y = TileMatrices(tiles: step * tiles, columns: outputRow)
    for start in stride(from: 0, to: batch, by: step) {
      body(start..<min(start + step, batch), v, y)
    }
  }

  /// Writes V of the pictures of a block.
  fileprivate func transformInput(
    _ input: UnsafePointer<Float>, _ block: Range<Int>, into v: TileMatrices
  ) {
    forEachRangeConcurrently(of: block.count) { range in
      ck_winograd_input(
        v.tile(range.lowerBound * tiles), v.row,
        input + (block.lowerBound + range.lowerBound) * inputCount, inputPictures(range.count))
    }
  }

  /// Writes Y of the pictures of a block.
  fileprivate func transformOutputGradient(
    _ gradient: UnsafePointer<Float>, _ block: Range<Int>, into y: TileMatrices
  ) {
    forEachRangeConcurrently(of: block.count) { range in
      ck_winograd_output_adjoint(
        y.tile(range.lowerBound * tiles), y.row,
        gradient + (block.lowerBound + range.lowerBound) * outputCount,
        outputPictures(range.count))
    }
  }

  fileprivate var weightSlices: [WeightSlice] {
    (0..<phases).flatMap { phase in
      stride(from: 0, to: inputChannels, by: WeightSlice.channels).map { first in
        WeightSlice(
          phase: phase, first: first, count: min(WeightSlice.channels, inputChannels - first))
      }
    }
  }
}
