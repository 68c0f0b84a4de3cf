import Tensors

/// A part of Inception-v3, from pictures `[batch, height, width, channels]` to such pictures.
protocol InceptionLayer: Sendable {
  func callAsFunction(_ x: Tensor) -> Tensor
}

/// A convolution, into which the batch normalisation behind it has been multiplied, and a
/// rectifier.
struct RectifiedConvolution: InceptionLayer {
  /// `[height, width, input channels, output channels]`
  let weights: Tensor
  /// `[output channels]`
  let bias: Tensor
  let stride: Int
  /// Zero padding above and below, and to the left and right, in pixels.
  let padding: (height: Int, width: Int)

  func callAsFunction(_ x: Tensor) -> Tensor {
    let (height, width) = (weights.shape[0], weights.shape[1])
    guard height != width else {
      return x.convolved(
        with: weights, adding: bias,
        window: .init(kernel: height, stride: stride, padding: .all(padding.height))
      ).relu()
    }
    // A line of pixels under the kernel becomes a pixel of more channels.
    let axis = height > 1 ? 1 : 2
    let taps = max(height, width)
    let padded = x.padded(alongAxis: axis, before: taps / 2, after: taps / 2)
    let lines = Tensor.concatenated(
      (0..<taps).map { padded.sliced($0..<$0 + x.shape[axis], alongAxis: axis) }, alongAxis: 3)
    return lines.convolved(
      with: weights.reshaped(to: [1, 1, taps * weights.shape[2], weights.shape[3]]), adding: bias,
      window: .init(kernel: 1)
    ).relu()
  }
}

/// Layers side by side, whose channels are joined.
struct Branches: InceptionLayer {
  private let branches: [[any InceptionLayer]]

  init(_ branches: [[any InceptionLayer]]) { self.branches = branches }

  func callAsFunction(_ x: Tensor) -> Tensor {
    .concatenated(
      branches.map { layers in layers.reduce(x) { $1($0) } }, alongAxis: 3)
  }
}

/// The largest or the mean value under windows of 3 × 3 pixels.
enum Pooling: InceptionLayer {
  /// The maximum of every second window that fits.
  case halvingMaximum
  /// The maximum around each pixel.
  case maximum
  /// The mean around each pixel.
  case average(countingPadding: Bool)

  func callAsFunction(_ x: Tensor) -> Tensor {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let halves = if case .halvingMaximum = self { true } else { false }
    let (rows, columns) = halves ? ((height - 3) / 2 + 1, (width - 3) / 2 + 1) : (height, width)
    let shape = [x.shape[0], rows, columns, channels]
    return Tensor(shape: shape) { out in
      x.withScalars { scalars in
        guard let out = out.baseAddress, let scalars = scalars.baseAddress else { return }
        forEachElementRange(of: shape[0] * rows, width: 9 * columns * channels) { range in
          for line in range {
            let (image, row) = (line / rows, line % rows)
            let top = halves ? 2 * row : row - 1
            for column in 0..<columns {
              let left = halves ? 2 * column : column - 1
              pool(
                scalars + image * height * width * channels, height: height, width: width,
                channels: channels, under: (top, left),
                to: out + (line * columns + column) * channels)
            }
          }
        }
      }
    }
  }

  /// Pools the window whose upper left corner is `corner`, as far as it lies in the picture.
  private func pool(
    _ picture: UnsafePointer<Float>, height: Int, width: Int, channels: Int,
    under corner: (y: Int, x: Int), to out: UnsafeMutablePointer<Float>
  ) {
    let rows = max(0, corner.y)..<min(height, corner.y + 3)
    let columns = max(0, corner.x)..<min(width, corner.x + 3)
    if case .average(let countingPadding) = self {
      out.update(repeating: 0, count: channels)
      for y in rows {
        for x in columns {
          let pixel = picture + (y * width + x) * channels
          for channel in 0..<channels { out[channel] += pixel[channel] }
        }
      }
      let count = Float(countingPadding ? 9 : rows.count * columns.count)
      for channel in 0..<channels { out[channel] /= count }
    } else {
      out.update(repeating: -.infinity, count: channels)
      for y in rows {
        for x in columns {
          let pixel = picture + (y * width + x) * channels
          for channel in 0..<channels { out[channel] = max(out[channel], pixel[channel]) }
        }
      }
    }
  }
}

extension Tensor {
  /// Returns pictures scaled to `size` × `size` pixels by bilinear interpolation between pixel
  /// centres, without blurring before: PyTorch's `interpolate(mode="bilinear")`.
  func resizedBilinearly(to size: Int) -> Tensor {
    let (height, width, channels) = (shape[1], shape[2], shape[3])
    let (rows, columns) = (
      Self.neighbours(of: height, in: size), Self.neighbours(of: width, in: size)
    )
    return Tensor(shape: [shape[0], size, size, channels]) { out in
      withScalars { scalars in
        guard let out = out.baseAddress, let scalars = scalars.baseAddress else { return }
        forEachElementRange(of: shape[0] * size, width: size * channels) { range in
          for line in range {
            let row = rows[line % size]
            let picture = scalars + line / size * height * width * channels
            let (upper, lower) = (
              picture + row.first * width * channels, picture + row.second * width * channels
            )
            for (x, column) in columns.enumerated() {
              for channel in 0..<channels {
                let (left, right) = (
                  column.first * channels + channel, column.second * channels + channel
                )
                let above = upper[left] + (upper[right] - upper[left]) * column.weight
                let below = lower[left] + (lower[right] - lower[left]) * column.weight
                out[(line * size + x) * channels + channel] = above + (below - above) * row.weight
              }
            }
          }
        }
      }
    }
  }

  /// Returns, for each of `size` places, the two of `extent` pixels that it lies between and the
  /// weight of the second.
  private static func neighbours(
    of extent: Int, in size: Int
  ) -> [(first: Int, second: Int, weight: Float)] {
    (0..<size).map { place in
      let position = max(0, (Float(place) + 0.5) * Float(extent) / Float(size) - 0.5)
      let first = min(Int(position), extent - 1)
      return (first, min(first + 1, extent - 1), position - Float(first))
    }
  }
}
