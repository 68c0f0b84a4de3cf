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
/// layers, where it is many times as large as the weights, that costs less than writing it to
/// memory and reading it back; for the others it costs about the same.
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
  /// im2col's patches do, so that the products decide: of 25 shapes measured on a core with
  /// AVX-512, all three passes together, this was the faster way wherever it had at most 0.78 of
  /// the products (by 1.8 at 0.39), and the slower one, by 3 and 7 %, at 1.0. At four tiles the
  /// making of U takes nearly all that is saved, 6 % being left; fewer were not measured.
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
    let panels = problem.outputRow / panel
    problem.forEachBlock(ofTiles: Self.blockTiles, sharingPanels: panels) { block, v, y in
      problem.transformInput(input, block, into: v)
      problem.forEachPart(of: block, ofTiles: Self.blockTiles, panels: panels) { tiles, column in
        withScratch(Self.sliceRoom) { u in
          for slice in Self.slices(of: problem.inputRow) {
            ck_winograd_weights(
              u, weights, slice.lowerBound, slice.count, column, problem.winograd)
            multiply(v, tiles, slice, by: u, into: y, column: column)
          }
        }
      }
      problem.forEachTileRow(of: block) { rows, first in
        ck_winograd_output(
          output + block.lowerBound * problem.outputCount, y.tile(first), y.row, rows.lowerBound,
          rows.count, problem.winograd)
      }
    }
  }

  func inputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let panels = problem.inputRow / panel
    problem.forEachBlock(ofTiles: Self.blockTiles, sharingPanels: panels) { block, v, y in
      problem.transformOutputGradient(outputGradient, block, into: y)
      problem.forEachPart(of: block, ofTiles: Self.blockTiles, panels: panels) { tiles, column in
        withScratch(Self.sliceRoom) { u in
          for slice in Self.slices(of: problem.outputRow) {
            ck_winograd_weights_transposed(
              u, weights, column, slice.lowerBound, slice.count, problem.winograd)
            multiply(y, tiles, slice, by: u, into: v, column: column)
          }
        }
      }
      // Tiles overlap, so that a picture is one thread's.
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
    let room =
      interpolationPoints * ck_winograd_plane(WeightSlice.channels, problem.outputRow)
    // Every block reads and writes all sums, so V and Y have half as much again as the sums. Those
    // of a single block are transformed back before they leave the cache.
    let blockTiles = max(
      Self.blockTiles,
      3 * problem.inputRow * problem.outputRow / (2 * (problem.inputRow + problem.outputRow)))
    let isSingleBlock = problem.batch * problem.tiles <= blockTiles
    // Threads share slices, or where those are too few, the points of all slices.
    let sharesPoints = ComputeThreads.count > 1 && slices.count < 2 * ComputeThreads.count
    let keepsSums = sharesPoints || !isSingleBlock

    withScratch(keepsSums ? room * slices.count : 0) { allSums in
      // Sums are made block by block, so that blocks come one after the other.
      problem.forEachBlock(ofTiles: blockTiles) { block, v, y in
        problem.transformInput(input, block, into: v)
        problem.transformOutputGradient(outputGradient, block, into: y)
        let tiles = block.count * problem.tiles
        let (isFirst, isLast) = (block.lowerBound == 0, block.upperBound == problem.batch)
        if sharesPoints {
          forEachRangeConcurrently(of: slices.count * interpolationPoints) { range in
            for index in range {
              let (slice, point) = index.quotientAndRemainder(dividingBy: interpolationPoints)
              slices[slice].multiply(
                v, y, at: point, tiles: tiles, into: allSums + slice * room, adding: !isFirst)
            }
          }
          for (index, slice) in slices.enumerated() where isLast {
            forEachRangeConcurrently(of: slice.count) {
              slice.transformBack(allSums + index * room, $0, into: weightGradient)
            }
          }
        } else {
          forEachRangeConcurrently(of: slices.count) { range in
            withScratch(keepsSums ? 0 : room) { ownSums in
              for index in range {
                let (slice, sums) = (
                  slices[index], keepsSums ? allSums + index * room : ownSums
                )
                for point in 0..<interpolationPoints {
                  slice.multiply(v, y, at: point, tiles: tiles, into: sums, adding: !isFirst)
                }
                if isLast { slice.transformBack(sums, 0..<slice.count, into: weightGradient) }
              }
            }
          }
        }
      }
    }
  }

  /// Tiles of one block: with more, V and Y leave the cache; with fewer, U is made too often.
  private static let blockTiles = 128
  /// Rows of the slice of U that is made in one go, and room for it in floats.
  private static let sliceDepth = 512
  private static let sliceRoom = interpolationPoints * ck_winograd_plane(sliceDepth, panel)

  /// The rows of the slices of U, one after the other.
  private static func slices(of rows: Int) -> some Sequence<Range<Int>> {
    stride(from: 0, to: rows, by: sliceDepth).lazy.map { $0..<min($0 + sliceDepth, rows) }
  }

  /// Computes a panel of one matrix product a point from some columns of A, and adds it to what
  /// the columns before them gave.
  private func multiply(
    _ a: TileMatrices, _ tiles: Range<Int>, _ columns: Range<Int>,
    by u: UnsafePointer<Float>, into c: TileMatrices, column: Int
  ) {
    for point in 0..<interpolationPoints {
      ck_panel_product(
        c[point, tiles.lowerBound] + column, c.tileStride,
        a[point, tiles.lowerBound] + columns.lowerBound, a.byTile,
        u + point * ck_winograd_plane(columns.count, panel),
        ck_panel_strides(row: panel, panel: 0), tiles.count, panel, columns.count,
        columns.lowerBound > 0)
    }
  }
}

private let interpolationPoints = Int(CK_WINOGRAD_POINTS)
/// The width of the panels of a product's second matrix.
private let panel = Int(CK_PANEL)

/// V or Y: `[tile, point, row]`, a matrix of tiles and channels for each point.
private struct TileMatrices {
  private let start: UnsafeMutablePointer<Float>
  /// The distance from one point to the next, in floats. Were it a multiple of the page size, the
  /// 25 rows that a transform writes would compete for the same lines of the cache.
  let row: Int

  /// Calls `body` with room for the matrices of so many tiles.
  static func with(tiles: Int, columns: Int, _ body: (TileMatrices) -> Void) {
    let row = columns + Int(CK_LANES)
    withScratch(tiles * interpolationPoints * row) { body(TileMatrices(start: $0, row: row)) }
  }

  /// The distance from one tile to the next, in floats.
  var tileStride: Int { interpolationPoints * row }
  var byTile: ck_matrix_strides { ck_matrix_strides(row: tileStride, column: 1) }
  var byChannel: ck_matrix_strides { ck_matrix_strides(row: 1, column: tileStride) }

  /// A tile of a point's matrix, the first one if none is given.
  subscript(point: Int, tile: Int = 0) -> UnsafeMutablePointer<Float> {
    start + tile * tileStride + point * row
  }

  func tile(_ index: Int) -> UnsafeMutablePointer<Float> { self[0, index] }
}

/// Some input channels of one phase, whose weight gradient is computed in one go.
private struct WeightSlice {
  static let channels = 64

  let problem: ConvolutionProblem
  let phase, first, count: Int

  /// The distance from one point to the next in the slice's sums, in floats.
  private var plane: Int { ck_winograd_plane(count, problem.outputRow) }

  /// Writes a point's product Vᵀ·Y, or adds it to the products of other tiles.
  func multiply(
    _ v: TileMatrices, _ y: TileMatrices, at point: Int, tiles: Int,
    into sums: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    ck_panel_product(
      sums + point * plane, problem.outputRow,
      v[point] + phase * ck_winograd_padded(problem.inputChannels) + first, v.byChannel,
      y[point], ck_panel_strides(row: y.tileStride, panel: panel),
      count, problem.outputRow, tiles, adding)
  }

  /// Writes the weight gradient of some of the channels.
  func transformBack(
    _ sums: UnsafePointer<Float>, _ channels: Range<Int>,
    into weightGradient: UnsafeMutablePointer<Float>
  ) {
    ck_winograd_weights_adjoint(
      weightGradient, sums + channels.lowerBound * problem.outputRow, plane, phase,
      first + channels.lowerBound, channels.count, problem.winograd)
  }
}

extension ConvolutionProblem {
  /// Places of an input pixel under the stride.
  fileprivate var phases: Int { window.stride * window.stride }
  /// Tiles of a picture.
  fileprivate var tiles: Int { tilesAlong(outputHeight) * tilesAlong(outputWidth) }
  private func tilesAlong(_ extent: Int) -> Int {
    ck_winograd_tiles_along(extent, ck_winograd_tile(ck_winograd_taps(window.stride)))
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

  /// The pictures of a block of at most so many tiles, or else of one picture.
  private func blockSize(ofTiles most: Int) -> Int {
    let most = min(batch, max(1, most / tiles))
    let blocks = (batch + most - 1) / most
    return (batch + blocks - 1) / blocks
  }

  /// Calls `body` with the pictures of one block after the other, and room for their V and Y.
  fileprivate func forEachBlock(
    ofTiles most: Int, _ body: (Range<Int>, TileMatrices, TileMatrices) -> Void
  ) {
    let size = blockSize(ofTiles: most)
    forEachBlock(0..<(batch + size - 1) / size, of: size, body)
  }

  private func forEachBlock(
    _ blocks: Range<Int>, of size: Int, _ body: (Range<Int>, TileMatrices, TileMatrices) -> Void
  ) {
    TileMatrices.with(tiles: size * tiles, columns: inputRow) { v in
      TileMatrices.with(tiles: size * tiles, columns: outputRow) { y in
        for block in blocks { body(block * size..<min((block + 1) * size, batch), v, y) }
      }
    }
  }

  /// The same for blocks that are independent of each other, whose products have so many panels.
  ///
  /// If there are enough blocks for all threads, each is one thread's work. Else threads share
  /// panels, those of as many blocks at once as have enough of them.
  fileprivate func forEachBlock(
    ofTiles most: Int, sharingPanels panels: Int,
    _ body: (Range<Int>, TileMatrices, TileMatrices) -> Void
  ) {
    let size = blockSize(ofTiles: most)
    let blocks = (batch + size - 1) / size
    let enough = ComputeThreads.count == 1 ? 1 : 2 * ComputeThreads.count
    if blocks >= enough {
      forEachRangeConcurrently(of: blocks) { forEachBlock($0, of: size, body) }
    } else {
      let joined = min(batch, (enough + panels - 1) / panels * size)
      forEachBlock(0..<(batch + joined - 1) / joined, of: joined, body)
    }
  }

  /// Calls `body` with tiles of a block, at most so many or those of one picture, and the first
  /// column of a panel of its product; threads share the calls.
  fileprivate func forEachPart(
    of block: Range<Int>, ofTiles most: Int, panels: Int,
    _ body: (_ tiles: Range<Int>, _ column: Int) -> Void
  ) {
    let size = blockSize(ofTiles: most)
    let parts = (block.count + size - 1) / size
    forEachRangeConcurrently(of: parts * panels) { range in
      for index in range {
        let first = index / panels * size
        body(first * tiles..<min(first + size, block.count) * tiles, index % panels * panel)
      }
    }
  }

  /// Calls `body` with rows of tiles, counted over all pictures of a block, and the first tile;
  /// threads share the calls.
  fileprivate func forEachTileRow(of block: Range<Int>, _ body: (Range<Int>, Int) -> Void) {
    forEachRangeConcurrently(of: block.count * tilesAlong(outputHeight)) {
      body($0, $0.lowerBound * tilesAlong(outputWidth))
    }
  }

  /// Writes V of the pictures of a block.
  fileprivate func transformInput(
    _ input: UnsafePointer<Float>, _ block: Range<Int>, into v: TileMatrices
  ) {
    forEachTileRow(of: block) { rows, first in
      ck_winograd_input(
        v.tile(first), v.row, input + block.lowerBound * inputCount, rows.lowerBound, rows.count,
        winograd)
    }
  }

  /// Writes Y of the pictures of a block.
  fileprivate func transformOutputGradient(
    _ gradient: UnsafePointer<Float>, _ block: Range<Int>, into y: TileMatrices
  ) {
    forEachTileRow(of: block) { rows, first in
      ck_winograd_output_adjoint(
        y.tile(first), y.row, gradient + block.lowerBound * outputCount, rows.lowerBound,
        rows.count, winograd)
    }
  }

  fileprivate var weightSlices: [WeightSlice] {
    (0..<phases).flatMap { phase in
      stride(from: 0, to: inputChannels, by: WeightSlice.channels).map { first in
        WeightSlice(
          problem: self, phase: phase, first: first,
          count: min(WeightSlice.channels, inputChannels - first))
      }
    }
  }
}
