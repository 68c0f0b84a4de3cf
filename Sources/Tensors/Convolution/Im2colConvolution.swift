import CKernels

/// Convolution as matrix products with the patches of the picture under every kernel position.
///
/// Serves every window. Rows of the output are taken a few at a time, so that the patches written
/// for one product are still in cache when it reads them.
struct Im2colConvolution: ConvolutionAlgorithm {
  /// The patches of one product and thread, in floats: 512 KiB, half of a core's cache.
  private static let chunk = 1 << 17
  /// Positions of one product in a weight gradient, at least: each one reads and writes all of it.
  private static let summedPositions = 256
  /// Sums of a weight gradient that are kept apart, at most: so many threads share them.
  private static let mostGroups = 16
  /// Their elements, in floats: 16 MiB.
  private static let groupedSums = 1 << 22

  func output(
    _ output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let (n, k) = (problem.outputChannels, problem.patchCount)
    if problem.isLeftToOpenBLAS {
      multiply(
        input, by: weights, into: output, m: problem.batch * problem.positions, n: n, k: k)
      return
    }
    let panels = MatrixPanels(
      weights, ck_matrix_strides(row: n, column: 1), rows: k, columns: n)
    forEachChunk(of: problem, inRowsOf: 1) { rows, room in
      multiply(
        problem.patches(of: input, rows, in: room), ck_matrix_strides(row: k, column: 1),
        by: panels,
        into: output + rows.lowerBound * problem.outputWidth * n,
        rows: rows.count * problem.outputWidth)
    }
  }

  func inputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let (n, k) = (problem.patchCount, problem.outputChannels)
    if problem.isLeftToOpenBLAS {
      multiply(
        outputGradient, by: weights, into: inputGradient, m: problem.batch * problem.positions,
        n: n, k: k, transposingSecond: true)
      return
    }
    let panels = MatrixPanels(
      weights, ck_matrix_strides(row: 1, column: k), rows: k, columns: n)
    // Patches overlap, so whole pictures are summed, unless the patches are the pixels.
    forEachChunk(
      of: problem, inRowsOf: problem.patchesAreInput ? 1 : problem.outputHeight
    ) { rows, room in
      let patches =
        problem.patchesAreInput ? inputGradient + rows.lowerBound * problem.outputWidth * n : room
      multiply(
        outputGradient + rows.lowerBound * problem.outputWidth * k,
        ck_matrix_strides(row: k, column: 1), by: panels, into: patches,
        rows: rows.count * problem.outputWidth)
      if !problem.patchesAreInput { problem.sumPatches(patches, rows, into: inputGradient) }
    }
  }

  func weightGradient(
    _ weightGradient: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let (m, n) = (problem.patchCount, problem.outputChannels)
    if problem.isLeftToOpenBLAS {
      multiply(
        input, by: outputGradient, into: weightGradient, m: m, n: n,
        k: problem.batch * problem.positions, transposingFirst: true)
      return
    }
    // Sums are made chunk by chunk in a few groups of chunks, which threads share: the same ones
    // for any number of threads.
    let rows = problem.batch * problem.outputHeight
    let enough = (Self.summedPositions + problem.outputWidth - 1) / problem.outputWidth
    let step = chunkRows(of: problem, inRowsOf: enough)
    let chunks = (rows + step - 1) / step
    let groups = max(1, min(chunks, Self.mostGroups, Self.groupedSums / (m * n)))
    withScratch(groups > 1 ? groups * m * n : 0) { sums in
      forEachRangeConcurrently(of: groups) { range in
        withScratch(problem.patchesAreInput ? 0 : step * problem.outputWidth * m) { room in
          for group in range {
            let own = chunks * group / groups..<chunks * (group + 1) / groups
            for chunk in own {
              let rows = chunk * step..<min((chunk + 1) * step, rows)
              let gradient = outputGradient + rows.lowerBound * problem.outputWidth * n
              let k = rows.count * problem.outputWidth
              let panels =
                n.isMultiple(of: MatrixPanels.width)
                ? MatrixPanels(inPlace: gradient, rows: k, columns: n)
                : MatrixPanels(gradient, ck_matrix_strides(row: n, column: 1), rows: k, columns: n)
              multiply(
                problem.patches(of: input, rows, in: room), ck_matrix_strides(row: 1, column: m),
                by: panels, into: groups > 1 ? sums + group * m * n : weightGradient, rows: m,
                adding: chunk > own.lowerBound)
            }
          }
        }
      }
      if groups > 1 { sumRows(of: sums, rows: groups, width: m * n, to: weightGradient) }
    }
  }

  /// Calls `body` with some output rows after the others, counted over all pictures and always a
  /// multiple of `unit` but at the end, and room for patches that have to be gathered; threads
  /// share the calls.
  private func forEachChunk(
    of problem: ConvolutionProblem, inRowsOf unit: Int,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let rows = problem.batch * problem.outputHeight
    let step = chunkRows(of: problem, inRowsOf: unit)
    let patches = problem.patchesAreInput ? 0 : step * problem.outputWidth * problem.patchCount
    forEachRangeConcurrently(of: (rows + step - 1) / step) { range in
      withScratch(patches) { room in
        for chunk in range { body(chunk * step..<min((chunk + 1) * step, rows), room) }
      }
    }
  }

  /// The output rows of a chunk: a multiple of `unit`, or all there are.
  private func chunkRows(of problem: ConvolutionProblem, inRowsOf unit: Int) -> Int {
    let perRow = problem.outputWidth * problem.patchCount
    return min(problem.batch * problem.outputHeight, max(1, Self.chunk / (perRow * unit)) * unit)
  }
}

extension ConvolutionProblem {
  /// Output pixels of a picture.
  fileprivate var positions: Int { outputHeight * outputWidth }
  /// Elements under the kernel at one position.
  fileprivate var patchCount: Int { window.kernel * window.kernel * inputChannels }

  /// True if the matrix of patches is the input as it stands: a kernel of one pixel, or one
  /// that covers the whole picture.
  var patchesAreInput: Bool {
    guard window.padding == .none else { return false }
    return window.kernel == 1 && window.stride == 1
      || window.kernel == height && window.kernel == width
  }

  /// True if all is one product of matrices that OpenBLAS is the better at: with too many weights
  /// to stay in cache, too few rows to share, or too few outputs to fill a vector.
  ///
  /// Elsewhere the passes of `sagan` take 0.5 to 0.7 of OpenBLAS's time, 0.6 to 1.1 with 16
  /// outputs, and with an image's three inputs 1.3 to 2 for the output, but 0.3 for the weight
  /// gradient, which is three times as long. With 8 outputs it was 1.1 (AVX-512, one thread;
  /// `gan-dist bench --model sagan --sections convolutions`).
  fileprivate var isLeftToOpenBLAS: Bool {
    patchesAreInput
      && (patchCount * outputChannels > Self.weightsInCache || batch * positions < Self.manyRows
        || outputChannels < Int(CK_LANES))
  }

  /// The most weights to copy into panels for pixels to be multiplied by: 128 KiB.
  private static let weightsInCache = 1 << 15
  /// The fewest rows that threads can share in chunks.
  private static let manyRows = 1 << 12

  /// Returns the patches of some output rows, counted over all pictures: where they lie in the
  /// input, or else gathered in `room`.
  fileprivate func patches(
    of input: UnsafePointer<Float>, _ rows: Range<Int>, in room: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    guard !patchesAreInput else { return input + rows.lowerBound * outputWidth * patchCount }
    gatherPatches(of: input, rows, into: room)
    return UnsafePointer(room)
  }

  /// Writes the patches of some output rows, counted over all pictures.
  private func gatherPatches(
    of input: UnsafePointer<Float>, _ rows: Range<Int>, into columns: UnsafeMutablePointer<Float>
  ) {
    let geometry = geometry
    forEachRangeConcurrently(of: rows.count) { range in
      ck_im2col(
        columns + range.lowerBound * outputWidth * patchCount, input,
        rows.lowerBound + range.lowerBound, range.count, geometry)
    }
  }

  /// Overwrites the pictures of `input` that some output rows belong to, all rows of each, with
  /// the sums of the patches that hold their pixels.
  fileprivate func sumPatches(
    _ columns: UnsafePointer<Float>, _ rows: Range<Int>, into input: UnsafeMutablePointer<Float>
  ) {
    let geometry = geometry
    let first = rows.lowerBound / outputHeight
    forEachRangeConcurrently(of: rows.count / outputHeight) { range in
      ck_col2im(
        input + (first + range.lowerBound) * inputCount,
        columns + range.lowerBound * positions * patchCount, range.count, geometry)
    }
  }

  fileprivate var geometry: ck_window_geometry {
    ck_window_geometry(
      height: height, width: width, channels: inputChannels, kernel_height: window.kernel,
      kernel_width: window.kernel, stride: window.stride, pad_top: window.padding.top,
      pad_left: window.padding.left, output_height: outputHeight, output_width: outputWidth)
  }
}
