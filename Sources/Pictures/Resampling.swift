/// The part of a picture that is resampled.
struct Window {
  let top: Int
  let left: Int
  let width: Int
  let height: Int
}

/// For each output position along one axis, the run of source positions it is a weighted mean of.
///
/// The weights are a triangle whose half base is one source pixel when enlarging, and one output
/// pixel when shrinking.
private struct ResamplingAxis {
  struct Run {
    let start: Int
    let weights: [Float]
  }
  let runs: [Run]

  init(sourceLength: Int, outputLength: Int) {
    let ratio = Double(sourceLength) / Double(outputLength)
    let halfBase = max(ratio, 1)
    runs = (0..<outputLength).map { output in
      let center = (Double(output) + 0.5) * ratio
      let start = max(0, Int(center - halfBase + 0.5))
      let end = min(sourceLength, Int(center + halfBase + 0.5))
      let heights = (start..<end).map { max(0, 1 - abs(Double($0) + 0.5 - center) / halfBase) }
      let total = heights.reduce(0, +)
      return Run(start: start, weights: heights.map { Float($0 / total) })
    }
  }
}

extension Picture {
  /// The window's content at another size.
  ///
  /// Each output row first gathers its source rows, three contiguous channels at a time, which is
  /// where nearly all of the work lies; the one row that results is then gathered along its
  /// columns.
  func resampled(_ window: Window, width newWidth: Int, height newHeight: Int) -> Picture {
    precondition(newWidth > 0 && newHeight > 0, "a picture has at least one pixel")
    let vertical = ResamplingAxis(sourceLength: window.height, outputLength: newHeight)
    let horizontal = ResamplingAxis(sourceLength: window.width, outputLength: newWidth)
    let sourceRowBytes = width * 3
    let output = [UInt8](
      unsafeUninitializedCapacity: newWidth * newHeight * 3
    ) { output, initializedCount in
      pixels.withUnsafeBufferPointer { source in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: window.width * 3) { gathered in
          for (row, run) in vertical.runs.enumerated() {
            gathered.update(repeating: 0)
            for (index, weight) in run.weights.enumerated() {
              let offset = (window.top + run.start + index) * sourceRowBytes + window.left * 3
              accumulate(source[offset..<(offset + gathered.count)], times: weight, into: gathered)
            }
            let outputRow = output[(row * newWidth * 3)..<((row + 1) * newWidth * 3)]
            horizontal.gather(gathered, into: outputRow)
          }
        }
      }
      initializedCount = output.count
    }
    return Picture(width: newWidth, height: newHeight, pixels: output)
  }
}

extension ResamplingAxis {
  /// Resamples one row of RGB pixels, rounding each result to the nearest level.
  func gather(
    _ row: UnsafeMutableBufferPointer<Float>,
    into output: Slice<UnsafeMutableBufferPointer<UInt8>>
  ) {
    let output = UnsafeMutableBufferPointer(rebasing: output)
    for (column, run) in runs.enumerated() {
      var sum = SIMD4<Float>(repeating: 0)
      for (index, weight) in run.weights.enumerated() {
        let offset = (run.start + index) * 3
        sum += weight * SIMD4(row[offset], row[offset + 1], row[offset + 2], 0)
      }
      for channel in 0..<3 {
        output[column * 3 + channel] = UInt8(min(sum[channel] + 0.5, 255))
      }
    }
  }
}

/// Adds a weighted row to the sum.
private func accumulate(
  _ row: Slice<UnsafeBufferPointer<UInt8>>, times weight: Float,
  into sum: UnsafeMutableBufferPointer<Float>
) {
  let row = UnsafeBufferPointer(rebasing: row)
  for index in 0..<sum.count { sum[index] += weight * Float(row[index]) }
}
