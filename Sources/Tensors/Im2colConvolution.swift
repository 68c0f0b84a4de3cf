import CKernels

/// Convolution as matrix products with the patches of the picture under every kernel position.
///
/// Serves every window. Pictures are taken a few at a time, so that the patches written for one
/// product are still in cache when it reads them.
struct Im2colConvolution: ConvolutionAlgorithm {
  /// The patches of one product and thread, in floats: 512 KiB, half of a core's cache.
  private static let chunk = 1 << 17
  /// Positions of one product in a weight gradient, at least: each one reads and writes all of it.
  private static let summedPositions = 256

  func output(
    _ output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let (m, n, k) = (problem.positions, problem.outputChannels, problem.patchCount)
    if problem.patchesAreInput {
      multiply(input, by: weights, into: output, m: problem.batch * m, n: n, k: k)
      return
    }
    let panels = MatrixPanels(
      weights, ck_matrix_strides(row: n, column: 1), rows: k, columns: n)
    forEachChunk(of: problem) { pictures, columns in
      problem.gatherPatches(of: input, pictures, into: columns)
      multiply(
        columns, ck_matrix_strides(row: k, column: 1), by: panels,
        into: output + pictures.lowerBound * problem.outputCount, rows: pictures.count * m)
    }
  }

  func inputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let (m, n, k) = (problem.positions, problem.patchCount, problem.outputChannels)
    if problem.patchesAreInput {
      multiply(
        outputGradient, by: weights, into: inputGradient, m: problem.batch * m, n: n, k: k,
        transposingSecond: true)
      return
    }
    let panels = MatrixPanels(
      weights, ck_matrix_strides(row: 1, column: k), rows: k, columns: n)
    forEachChunk(of: problem) { pictures, columns in
      multiply(
        outputGradient + pictures.lowerBound * problem.outputCount,
        ck_matrix_strides(row: k, column: 1), by: panels, into: columns,
        rows: pictures.count * m)
      problem.sumPatches(columns, pictures, into: inputGradient)
    }
  }

  func weightGradient(
    _ weightGradient: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    let (m, n) = (problem.patchCount, problem.outputChannels)
    if problem.patchesAreInput {
      multiply(
        input, by: outputGradient, into: weightGradient, m: m, n: n,
        k: problem.batch * problem.positions, transposingFirst: true)
      return
    }
    forEachChunk(of: problem, positions: Self.summedPositions) { pictures, columns in
      problem.gatherPatches(of: input, pictures, into: columns)
      let gradient = outputGradient + pictures.lowerBound * problem.outputCount
      let (k, adding) = (pictures.count * problem.positions, pictures.lowerBound > 0)
      if n.isMultiple(of: MatrixPanels.width) {
        multiply(
          columns, ck_matrix_strides(row: 1, column: m),
          by: MatrixPanels(inPlace: gradient, rows: k, columns: n), into: weightGradient,
          rows: m, adding: adding)
      } else {
        multiply(
          columns, by: gradient, into: weightGradient, m: m, n: n, k: k, transposingFirst: true,
          adding: adding)
      }
    }
  }

  /// Calls `body` with some pictures after the others, and room for their patches.
  private func forEachChunk(
    of problem: ConvolutionProblem, positions: Int = 1,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let perPicture = problem.positions * problem.patchCount
    let enough = (positions + problem.positions - 1) / problem.positions
    let step = min(
      problem.batch, max(enough, Self.chunk / perPicture) * LinearAlgebraLibrary.threadCount)
    let columns = Storage(count: step * perPicture)
    for start in stride(from: 0, to: problem.batch, by: step) {
      body(start..<min(start + step, problem.batch), columns.pointer)
    }
  }
}

extension ConvolutionProblem {
  /// Output pixels of a picture.
  fileprivate var positions: Int { outputHeight * outputWidth }
  /// Elements of an input picture.
  var inputCount: Int { height * width * inputChannels }
  /// Elements of an output picture.
  var outputCount: Int { positions * outputChannels }
  /// Elements under the kernel at one position.
  fileprivate var patchCount: Int { window.kernel * window.kernel * inputChannels }

  /// True if the matrix of patches is the input as it stands: a kernel of one pixel, or one
  /// that covers the whole picture.
  fileprivate var patchesAreInput: Bool {
    guard window.padding == .none else { return false }
    return window.kernel == 1 && window.stride == 1
      || window.kernel == height && window.kernel == width
  }

  /// Writes the patches of some pictures of `input`.
  fileprivate func gatherPatches(
    of input: UnsafePointer<Float>, _ pictures: Range<Int>,
    into columns: UnsafeMutablePointer<Float>
  ) {
    let geometry = geometry
    forEachRangeConcurrently(of: pictures.count) { range in
      ck_im2col(
        columns + range.lowerBound * positions * patchCount,
        input + (pictures.lowerBound + range.lowerBound) * inputCount, range.count, geometry)
    }
  }

  /// Overwrites some pictures of `input` with the sums of the patches that hold their pixels.
  fileprivate func sumPatches(
    _ columns: UnsafePointer<Float>, _ pictures: Range<Int>,
    into input: UnsafeMutablePointer<Float>
  ) {
    let geometry = geometry
    forEachRangeConcurrently(of: pictures.count) { range in
      ck_col2im(
        input + (pictures.lowerBound + range.lowerBound) * inputCount,
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
