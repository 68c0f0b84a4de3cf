import CKernels

/// Convolution of kernel 4, stride 2 and padding 1, the layer of DCGANs, by Winograd's minimal
/// filtering: 25 products where the definition has 64.
///
/// `Winograd.h` has the equations. Each of the 25 interpolation points is a matrix product
/// between the transformed weights U, inputs V and output gradients Y: the output is made of V·U,
/// the input gradient of Y·Uᵀ and the weight gradient of Vᵀ·Y. Pictures are taken a few at a time,
/// so that what a transform writes is still in cache when the product reads it.
struct WinogradConvolution: ConvolutionAlgorithm {
  /// Tiles of one block. More read U less often, fewer leave more of the cache to V and Y.
  private static let blockTiles = 64

  static func serves(_ problem: ConvolutionProblem) -> Bool {
    problem.window == ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
      && problem.height % 8 == 0 && problem.width % 8 == 0
  }

  func output(
    _ output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let u = Storage(count: problem.points * problem.inputRow * problem.outputRow)
    ck_winograd_weights(u.pointer, weights, problem.inputChannels, problem.outputChannels)
    forEachBlock(of: problem) { block, v, y in
      ck_winograd_input(
        v.pointer, v.row, input + block.lowerBound * problem.inputCount,
        problem.inputPictures(block.count))
      for point in 0..<problem.points {
        ck_panel_product(
          y[point], y.tile, v[point], v.byTile,
          u.pointer + point * problem.inputRow * problem.outputRow,
          ck_panel_strides(row: panel, panel: panel * problem.inputRow),
          block.count * problem.tiles, problem.outputRow / panel, problem.inputRow, false)
      }
      ck_winograd_output(
        output + block.lowerBound * problem.outputCount, y.pointer, y.row,
        problem.outputPictures(block.count))
    }
  }

  func inputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let u = Storage(count: problem.points * problem.inputRow * problem.outputRow)
    ck_winograd_weights_transposed(
      u.pointer, weights, problem.inputChannels, problem.outputChannels)
    forEachBlock(of: problem) { block, v, y in
      ck_winograd_output_adjoint(
        y.pointer, y.row, outputGradient + block.lowerBound * problem.outputCount,
        problem.outputPictures(block.count))
      for point in 0..<problem.points {
        ck_panel_product(
          v[point], v.tile, y[point], y.byTile,
          u.pointer + point * problem.inputRow * problem.outputRow,
          ck_panel_strides(row: panel, panel: panel * problem.outputRow),
          block.count * problem.tiles, problem.inputRow / panel, problem.outputChannels, false)
      }
      ck_winograd_input_adjoint(
        inputGradient + block.lowerBound * problem.inputCount, v.pointer, v.row,
        problem.inputPictures(block.count))
    }
  }

  func weightGradient(
    _ weightGradient: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let slices = problem.weightSlices
    let sliceCount = problem.points * WeightSlice.channels * problem.outputRow
    // Sums over several blocks need all slices at once; of a single block, one at a time is
    // transformed back before it leaves the cache.
    let single = problem.batch <= blockPictures(of: problem)
    let sums = Storage(count: sliceCount * (single ? 1 : slices.count))
    forEachBlock(of: problem) { block, v, y in
      ck_winograd_input(
        v.pointer, v.row, input + block.lowerBound * problem.inputCount,
        problem.inputPictures(block.count))
      ck_winograd_output_adjoint(
        y.pointer, y.row, outputGradient + block.lowerBound * problem.outputCount,
        problem.outputPictures(block.count))
      for (index, slice) in slices.enumerated() {
        let sum = sums.pointer + (single ? 0 : index * sliceCount)
        for point in 0..<problem.points {
          ck_panel_product(
            sum + point * slice.count * problem.outputRow, problem.outputRow,
            v[point] + slice.phase * padded(problem.inputChannels) + slice.first, v.byChannel,
            y[point], ck_panel_strides(row: y.tile, panel: panel),
            slice.count, problem.outputRow / panel, block.count * problem.tiles,
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

  private func blockPictures(of problem: ConvolutionProblem) -> Int {
    max(1, Self.blockTiles / problem.tiles)
  }

  private func forEachBlock(
    of problem: ConvolutionProblem, _ body: (Range<Int>, TileMatrices, TileMatrices) -> Void
  ) {
    let step = min(problem.batch, blockPictures(of: problem))
    let v = TileMatrices(tiles: step * problem.tiles, columns: problem.inputRow)
    let y = TileMatrices(tiles: step * problem.tiles, columns: problem.outputRow)
    for start in stride(from: 0, to: problem.batch, by: step) {
      body(start..<min(start + step, problem.batch), v, y)
    }
  }
}

/// The width of the panels of a product's second matrix.
private let panel = Int(CK_PANEL)

private func padded(_ channels: Int) -> Int { (channels + panel - 1) / panel * panel }

/// Transformed tiles: a matrix of tiles and channels for each interpolation point.
private struct TileMatrices {
  private let storage: Storage
  /// The distance from one point to the next, in floats; a multiple of the page size would make
  /// the 25 rows that a transform writes compete for the same lines of the cache.
  let row: Int

  init(tiles: Int, columns: Int) {
    row = columns + Int(CK_LANES)
    storage = Storage(count: tiles * Int(CK_WINOGRAD_POINTS) * row)
  }

  var pointer: UnsafeMutablePointer<Float> { storage.pointer }
  var tile: Int { Int(CK_WINOGRAD_POINTS) * row }
  var byTile: ck_matrix_strides { ck_matrix_strides(row: tile, column: 1) }
  var byChannel: ck_matrix_strides { ck_matrix_strides(row: 1, column: tile) }

  subscript(point: Int) -> UnsafeMutablePointer<Float> { storage.pointer + point * row }
}

/// Some input channels of one phase, whose weight gradient is computed in one go.
private struct WeightSlice {
  static let channels = 64

  let phase, first, count: Int
}

extension ConvolutionProblem {
  fileprivate var points: Int { Int(CK_WINOGRAD_POINTS) }
  /// Tiles of a picture.
  fileprivate var tiles: Int {
    outputHeight / Int(CK_WINOGRAD_TILE) * (outputWidth / Int(CK_WINOGRAD_TILE))
  }
  /// Columns of V: four phases of padded input channels.
  fileprivate var inputRow: Int { 4 * padded(inputChannels) }
  /// Columns of Y: padded output channels.
  fileprivate var outputRow: Int { padded(outputChannels) }

  fileprivate func inputPictures(_ count: Int) -> ck_pictures {
    ck_pictures(count: count, height: height, width: width, channels: inputChannels)
  }

  fileprivate func outputPictures(_ count: Int) -> ck_pictures {
    ck_pictures(count: count, height: outputHeight, width: outputWidth, channels: outputChannels)
  }

  fileprivate var weightSlices: [WeightSlice] {
    (0..<4).flatMap { phase in
      stride(from: 0, to: inputChannels, by: WeightSlice.channels).map { first in
        WeightSlice(
          phase: phase, first: first, count: min(WeightSlice.channels, inputChannels - first))
      }
    }
  }
}
