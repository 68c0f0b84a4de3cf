import CKernels

/// Convolution of kernel 4 and stride 2, or kernel 3 and stride 1, by Winograd's minimal filtering:
/// 25 products where the definition has 64 or 81.
///
/// `Winograd.h` has the equations. Each of the 25 interpolation points is a matrix product between
/// the transformed weights U, inputs V and output gradients Y: the output is made of V·U, the input
/// gradient of Y·Uᵀ and the weight gradient of Vᵀ·Y.
///
/// The transformed numbers of a layer are several times as many as a cache holds. So pictures are
/// taken a few at a time, and U is made anew for each such block, a slice at a time: for the deep
/// layers, where it is many times as large as the weights, that costs less than writing it to memory
/// and reading it back; for the others it costs about the same.
struct WinogradConvolution: ConvolutionAlgorithm {
  /// Whether `problem` is one that this algorithm computes at all.
  static func serves(_ problem: ConvolutionProblem) -> Bool {
    let (window, padding) = (problem.window, problem.window.padding)
    guard (window.kernel, window.stride) == (4, 2) || (window.kernel, window.stride) == (3, 1),
      padding.top == padding.left, !window.crops
    else { return false }
    // Every input pixel belongs to some output, which writes its gradient.
    let (height, width) = (problem.outputHeight - 1, problem.outputWidth - 1)
    return window.stride * height + window.kernel
      == problem.height + padding.top + padding.bottom
      && window.stride * width + window.kernel == problem.width + padding.left + padding.right
  }

  /// Whether this algorithm is the fastest for `problem`.
  ///
  /// Its products are 25 of 64 or 81 of those by definition, times what channels lose that are
  /// padded to whole panels and tiles that reach over the edge. The transforms cost about what
  /// im2col's patches do, so that the products decide: of 25 shapes measured on a core with AVX-512,
  /// all three passes together, this was the faster way wherever it had at most 0.78 of the
  /// products (by 1.8 at 0.39), and the slower one, by 3 and 7 %, at 1.0. At four tiles the making of
  /// U takes nearly all that is saved, 6 % being left; fewer were not measured.
  static func suits(_ problem: ConvolutionProblem) -> Bool {
    let products =
      interpolationPoints * problem.tiles * problem.inputRow * problem.outputRow
    let definition =
      problem.outputHeight * problem.outputWidth * problem.window.kernel * problem.window.kernel
      * problem.inputChannels * problem.outputChannels
    return serves(problem) && Double(products) < 0.9 * Double(definition)
      && problem.batch * problem.tiles >= 4
  }

  func output(
    _ output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    problem.forEachBlock(ofTiles: Self.blockTiles) { block, v, y in
      problem.transformInput(input, block, into: v)
      let tiles = block.count * problem.tiles
      forEachRangeConcurrently(of: problem.outputRow / panel) { panels in
        let u = Storage(scratch: interpolationPoints * ck_winograd_plane(Self.sliceDepth, panel))
        for column in panels.columns {
          for slice in Self.slices(of: problem.inputRow) {
            ck_winograd_weights(
              u.pointer, weights, slice.lowerBound, slice.count, column, problem.winograd)
            multiply(v, slice, by: u, into: y, column: column, rows: tiles)
          }
        }
      }
      forEachRangeConcurrently(of: block.count) { range in
        let first = block.lowerBound + range.lowerBound
        ck_winograd_output(
          output + first * problem.outputCount, y.tile(range.lowerBound * problem.tiles), y.row,
          range.count, problem.winograd)
      }
    }
  }

  func inputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    problem.forEachBlock(ofTiles: Self.blockTiles) { block, v, y in
      problem.transformOutputGradient(outputGradient, block, into: y)
      let tiles = block.count * problem.tiles
      forEachRangeConcurrently(of: problem.inputRow / panel) { panels in
        let u = Storage(scratch: interpolationPoints * ck_winograd_plane(Self.sliceDepth, panel))
        for column in panels.columns {
          for slice in Self.slices(of: problem.outputRow) {
            ck_winograd_weights_transposed(
              u.pointer, weights, column, slice.lowerBound, slice.count, problem.winograd)
            multiply(y, slice, by: u, into: v, column: column, rows: tiles)
          }
        }
      }
      forEachRangeConcurrently(of: block.count) { range in
        let first = block.lowerBound + range.lowerBound
        ck_winograd_input_adjoint(
          inputGradient + first * problem.inputCount, v.tile(range.lowerBound * problem.tiles),
          v.row, range.count, problem.winograd)
      }
    }
  }

  func weightGradient(
    _ weightGradient: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let slices = problem.weightSlices
    let sliceCount =
      interpolationPoints * ck_winograd_plane(WeightSlice.channels, problem.outputRow)
    // Every block reads and writes all sums, so V and Y have half as much again as the sums. Those
    // of a single block are transformed back before they leave the cache.
    let blockTiles = max(
      Self.blockTiles,
      3 * problem.inputRow * problem.outputRow / (2 * (problem.inputRow + problem.outputRow)))
    let isSingleBlock = problem.batch * problem.tiles <= blockTiles
    let allSums = isSingleBlock ? nil : Storage(scratch: sliceCount * slices.count)
    // Sums are made block by block, so that blocks come one after the other.
    problem.forEachBlock(ofTiles: blockTiles, concurrently: false) { block, v, y in
      problem.transformInput(input, block, into: v)
      problem.transformOutputGradient(outputGradient, block, into: y)
      forEachRangeConcurrently(of: slices.count) { range in
        let sums = allSums ?? Storage(scratch: sliceCount)
        for index in range {
          let slice = slices[index]
          let sum = sums.pointer + (isSingleBlock ? 0 : index * sliceCount)
          for point in 0..<interpolationPoints {
            ck_panel_product(
              sum + point * ck_winograd_plane(slice.count, problem.outputRow), problem.outputRow,
              v[point] + slice.phase * ck_winograd_padded(problem.inputChannels) + slice.first,
              v.byChannel,
              y[point], ck_panel_strides(row: y.tileStride, panel: panel),
              slice.count, problem.outputRow, block.count * problem.tiles,
              block.lowerBound > 0)
          }
          if block.upperBound == problem.batch {
            ck_winograd_weights_adjoint(
              weightGradient, sum, slice.phase, slice.first, slice.count, problem.winograd)
          }
        }
      }
    }
  }

  /// Tiles of one block: with more, V and Y leave the cache; with fewer, U is made too often.
  private static let blockTiles = 128
  /// Rows of the slice of U that is made in one go.
  private static let sliceDepth = 512

  /// The rows of the slices of U, one after the other.
  private static func slices(of rows: Int) -> some Sequence<Range<Int>> {
    stride(from: 0, to: rows, by: sliceDepth).lazy.map { $0..<min($0 + sliceDepth, rows) }
  }

  /// Computes a panel of one matrix product a point from some columns of A, and adds it to what
  /// the columns before them gave.
  private func multiply(
    _ a: TileMatrices, _ columns: Range<Int>, by u: Storage, into c: TileMatrices, column: Int,
    rows: Int
  ) {
    for point in 0..<interpolationPoints {
      ck_panel_product(
        c[point] + column, c.tileStride, a[point] + columns.lowerBound, a.byTile,
        u.pointer + point * ck_winograd_plane(columns.count, panel),
        ck_panel_strides(row: panel, panel: 0),
        rows, panel, columns.count, columns.lowerBound > 0)
    }
  }
}

private let interpolationPoints = Int(CK_WINOGRAD_POINTS)
/// The width of the panels of a product's second matrix.
private let panel = Int(CK_PANEL)

extension Range<Int> {
  /// The first columns of these panels.
  fileprivate var columns: some Sequence<Int> { lazy.map { $0 * panel } }
}

/// V or Y: `[tile, point, row]`, a matrix of tiles and channels for each point.
private struct TileMatrices {
  private let storage: Storage
  /// The distance from one point to the next, in floats. Were it a multiple of the page size, the
  /// 25 rows that a transform writes would compete for the same lines of the cache.
  let row: Int

  init(tiles: Int, columns: Int) {
    row = columns + Int(CK_LANES)
    storage = Storage(scratch: tiles * interpolationPoints * row)
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
  /// Places of an input pixel under the stride.
  fileprivate var phases: Int { window.stride * window.stride }
  /// Tiles of a picture.
  fileprivate var tiles: Int {
    let tile = ck_winograd_tile(ck_winograd_taps(window.stride))
    return ck_winograd_tiles_along(outputHeight, tile) * ck_winograd_tiles_along(outputWidth, tile)
  }
  /// Columns of V: the phases of padded input channels.
  fileprivate var inputRow: Int { phases * ck_winograd_padded(inputChannels) }
  /// Columns of Y: padded output channels.
  fileprivate var outputRow: Int { ck_winograd_padded(outputChannels) }

  fileprivate var winograd: ck_winograd {
    ck_winograd(
      height: height, width: width, inputs: inputChannels, output_height: outputHeight,
      output_width: outputWidth, outputs: outputChannels, stride: window.stride,
      pad: window.padding.top)
  }

  /// Calls `body` with the pictures of one block after the other, and room for their V and Y.
  /// - Parameter concurrently: takes several blocks at once where there are enough of them.
  fileprivate func forEachBlock(
    ofTiles blockTiles: Int, concurrently: Bool = true,
    _ body: (Range<Int>, TileMatrices, TileMatrices) -> Void
  ) {
    let most = min(batch, max(1, blockTiles / tiles))
    let blocks = (batch + most - 1) / most
    let step = (batch + blocks - 1) / blocks
    func take(_ range: Range<Int>) {
      let v = TileMatrices(tiles: step * tiles, columns: inputRow)
      let y = TileMatrices(tiles: step * tiles, columns: outputRow)
      for block in range { body(block * step..<min((block + 1) * step, batch), v, y) }
    }
    if concurrently && blocks >= 2 * ComputeThreads.count {
      forEachRangeConcurrently(of: blocks, take)
    } else {
      take(0..<blocks)
    }
  }

  /// Writes V of the pictures of a block.
  fileprivate func transformInput(
    _ input: UnsafePointer<Float>, _ block: Range<Int>, into v: TileMatrices
  ) {
    forEachRangeConcurrently(of: block.count) { range in
      ck_winograd_input(
        v.tile(range.lowerBound * tiles), v.row,
        input + (block.lowerBound + range.lowerBound) * inputCount, range.count, winograd)
    }
  }

  /// Writes Y of the pictures of a block.
  fileprivate func transformOutputGradient(
    _ gradient: UnsafePointer<Float>, _ block: Range<Int>, into y: TileMatrices
  ) {
    forEachRangeConcurrently(of: block.count) { range in
      ck_winograd_output_adjoint(
        y.tile(range.lowerBound * tiles), y.row,
        gradient + (block.lowerBound + range.lowerBound) * outputCount, range.count, winograd)
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
