import CKernels

/// Convolution as matrix products with the patches of the picture under every kernel position.
///
/// Serves every window. Pictures are taken a few at a time, so that the patches written for one
/// product are still in cache when it reads them.
struct Im2colConvolution: ConvolutionAlgorithm {
  /// The patches of one product, in floats: 4 MiB.
  private static let chunk = 1 << 20

  func output(
    _ output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    forEachChunk(of: problem) { pictures, columns in
      let patches = problem.patches(of: input, pictures, into: columns)
      multiply(
        patches, by: weights, into: output + pictures.lowerBound * problem.outputCount,
        m: pictures.count * problem.positions, n: problem.outputChannels, k: problem.patchCount)
    }
  }

  func inputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    forEachChunk(of: problem) { pictures, columns in
      let target = inputGradient + pictures.lowerBound * problem.inputCount
      multiply(
        outputGradient + pictures.lowerBound * problem.outputCount, by: weights,
        into: problem.patchesAreInput ? target : columns,
        m: pictures.count * problem.positions, n: problem.patchCount, k: problem.outputChannels,
        transposingSecond: true)
      if !problem.patchesAreInput {
        withUnsafePointer(to: problem.geometry) {
          ck_col2im(target, columns, pictures.count, $0)
        }
      }
    }
  }

  func weightGradient(
    _ weightGradient: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, of problem: ConvolutionProblem
  ) {
    forEachChunk(of: problem) { pictures, columns in
      let patches = problem.patches(of: input, pictures, into: columns)
      multiply(
        patches, by: outputGradient + pictures.lowerBound * problem.outputCount,
        into: weightGradient, m: problem.patchCount, n: problem.outputChannels,
        k: pictures.count * problem.positions, transposingFirst: true,
        adding: pictures.lowerBound > 0)
    }
  }

  private func forEachChunk(
    of problem: ConvolutionProblem,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let perPicture = problem.positions * problem.patchCount
    let step =
      problem.patchesAreInput ? problem.batch : min(problem.batch, max(1, Self.chunk / perPicture))
    let columns = Storage(count: problem.patchesAreInput ? 0 : step * perPicture)
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

  fileprivate func patches(
    of input: UnsafePointer<Float>, _ pictures: Range<Int>,
    into columns: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    let source = input + pictures.lowerBound * inputCount
    if patchesAreInput { return source }
    withUnsafePointer(to: geometry) { ck_im2col(columns, source, pictures.count, $0) }
    return UnsafePointer(columns)
  }

  fileprivate var geometry: ck_window_geometry {
    ck_window_geometry(
      height: height, width: width, channels: inputChannels, kernel_height: window.kernel,
      kernel_width: window.kernel, stride: window.stride, pad_top: window.padding.top,
      pad_left: window.padding.left, output_height: outputHeight, output_width: outputWidth)
  }
}
