import Tensors
import Testing

@Suite("Rearrangements")
struct RearrangementTests {
  @Test("reshaping keeps the order of elements")
  func reshaping() {
    let x = counting([2, 3, 4])
    #expect(x.reshaped(to: [6, 4]).scalars == x.scalars)
    #expect(x.reshaped(to: [24]).reshaped(to: [4, 3, 2]).shape == [4, 3, 2])
    checkGradients(at: [signedProbe([2, 6], 1)]) {
      $0[0].reshaped(to: [3, 4]).squared().sum(alongAxes: 0)
    }
  }

  @Test(
    "permuting dimensions",
    arguments: [
      [0, 1, 2, 3], [3, 2, 1, 0], [0, 3, 1, 2], [0, 2, 3, 1], [1, 0, 3, 2], [2, 0, 3, 1],
    ])
  func permuting(axes: [Int]) {
    let shape = [2, 3, 4, 5]
    let x = counting(shape)
    let permuted = x.permuted(axes)
    #expect(permuted.shape == axes.map { shape[$0] })
    forEachIndex(of: permuted.shape) { index in
      var original = index
      for (dimension, axis) in axes.enumerated() { original[axis] = index[dimension] }
      #expect(permuted[index] == x[original])
    }
    checkGradients(at: [signedProbe(shape, 2)]) { $0[0].permuted(axes).squared() }
  }

  @Test(
    "permuting matrices of whole squares, of parts of them, and of both",
    arguments: [[16, 16], [32, 48], [17, 35], [5, 70], [70, 5], [15, 16]])
  func transposing(matrix: [Int]) {
    for (shape, axes) in [
      (matrix, [1, 0]), ([2, 3] + matrix, [0, 1, 3, 2]), ([2] + matrix + [3], [0, 2, 1, 3]),
      (matrix + [2, 2], [1, 0, 2, 3]), (matrix + [2, 2], [3, 2, 0, 1]), ([3] + matrix, [2, 1, 0]),
    ] {
      let x = counting(shape)
      let permuted = x.permuted(axes)
      var matches = permuted.shape == axes.map { shape[$0] }
      forEachIndex(of: permuted.shape) { index in
        var original = index
        for (dimension, axis) in axes.enumerated() { original[axis] = index[dimension] }
        matches = matches && permuted[index] == x[original]
      }
      #expect(matches, "\(shape) by \(axes)")
    }
  }

  @Test("slices take a range along one axis")
  func slicing() {
    for (shape, axis, range) in [
      ([5, 3], 0, 1..<4), ([5, 3], 1, 2..<3), ([2, 5, 3], 1, 0..<2), ([1, 5, 3], 1, 3..<5),
      ([2, 3, 4], 2, 1..<4), ([4], 0, 0..<4), ([4], 0, 2..<2),
    ] {
      let x = counting(shape)
      let slice = x.sliced(range, alongAxis: axis)
      var expected = shape
      expected[axis] = range.count
      #expect(slice.shape == expected)
      forEachIndex(of: expected) { index in
        var original = index
        original[axis] += range.lowerBound
        #expect(slice[index] == x[original])
      }
      checkGradients(at: [signedProbe(shape, 3)]) {
        $0[0].sliced(range, alongAxis: axis).squared()
      }
    }
  }

  @Test("a slice of a slice that copies nothing is where it should be")
  func nestedSlices() {
    let x = counting([6, 4]).sliced(1..<6).sliced(2..<4).reshaped(to: [8]).sliced(3..<7)
    #expect(x.scalars == [15, 16, 17, 18])
    #expect((x + 1).scalars == [16, 17, 18, 19])
    #expect(x.sum().scalar == 66)
  }

  @Test("padding surrounds with zeros")
  func padding() {
    for axis in 0..<3 {
      let shape = [2, 3, 2]
      let x = counting(shape) + 1
      let padded = x.padded(alongAxis: axis, before: 2, after: 1)
      var expected = shape
      expected[axis] += 3
      #expect(padded.shape == expected)
      forEachIndex(of: expected) { index in
        var original = index
        original[axis] -= 2
        let isInside = original[axis] >= 0 && original[axis] < shape[axis]
        #expect(padded[index] == (isInside ? x[original] : 0))
      }
      checkGradients(at: [signedProbe(shape, 4)]) {
        ($0[0].padded(alongAxis: axis, before: 2, after: 1) + 1).squared()
      }
    }
    #expect(counting([3]).padded(alongAxis: 0, before: 0, after: 0).scalars == [0, 1, 2])
  }

  @Test("concatenation is undone by slicing", arguments: 0..<3)
  func concatenation(axis: Int) {
    let parts = [1, 3, 2].enumerated().map { part, extent in
      var shape = [2, 3, 4]
      shape[axis] = extent
      return signedProbe(shape, UInt32(5 + part))
    }
    let whole = Tensor.concatenated(parts, alongAxis: axis)
    var start = 0
    for part in parts {
      let end = start + part.shape[axis]
      let slice = whole.sliced(start..<end, alongAxis: axis)
      #expect(slice.shape == part.shape && slice.scalars == part.scalars)
      start = end
    }
    #expect(whole.shape[axis] == start)
    checkGradients(at: parts) { Tensor.concatenated($0, alongAxis: axis).squared() }
  }

  @Test("upsampling repeats pixels", arguments: [1, 2, 3])
  func upsampling(factor: Int) {
    let x = signedProbe([2, 2, 3, 5], 8)
    let large = x.upsampled(by: factor)
    #expect(large.shape == [2, 2 * factor, 3 * factor, 5])
    forEachIndex(of: large.shape) { i in
      #expect(large[i] == x[[i[0], i[1] / factor, i[2] / factor, i[3]]])
    }
    checkGradients(at: [x]) { $0[0].upsampled(by: factor).squared() }
  }

  @Test("pooling takes the mean or the largest of each window", arguments: [1, 2, 3], [2, 19])
  func pooling(factor: Int, channels: Int) {
    // Those of a window lie at least 0.25 apart, so that no step of the check changes which is the
    // largest.
    let shape = [2, 2 * factor, 3 * factor, channels]
    let count = shape.reduce(1, *)
    let x = Tensor(shape: shape, (0..<count).map { Float($0 * 31 % 61) * 0.25 - 5 })
    let mean = x.averagePooled(by: factor)
    let largest = x.maxPooled(by: factor)
    #expect(mean.shape == [2, 2, 3, channels] && largest.shape == mean.shape)
    forEachIndex(of: mean.shape) { i in
      var window: [Float] = []
      for row in 0..<factor {
        for column in 0..<factor {
          window.append(x[[i[0], i[1] * factor + row, i[2] * factor + column, i[3]]])
        }
      }
      #expect(abs(mean[i] - window.reduce(0, +) / Float(window.count)) < 1e-4)
      #expect(largest[i] == window.max())
    }
    checkGradients(at: [x]) { $0[0].averagePooled(by: factor).squared() }
    checkGradients(at: [x]) { $0[0].maxPooled(by: factor).squared() }
  }

  @Test("the largest of a window is not a number where one pixel is not", arguments: 0..<4)
  func notANumber(place: Int) {
    // Wide and narrow pixels.
    for channels in [1, 3, 40] {
      let pixels = (0..<4).flatMap { pixel in
        (0..<channels).map { $0 % 3 == 1 && pixel == place ? Float.nan : Float($0 - pixel) }
      }
      let x = Tensor(shape: [1, 2, 2, channels], pixels).variable()
      let largest = x.maxPooled(by: 2)
      #expect(largest.scalars.map(\.isNaN) == (0..<channels).map { $0 % 3 == 1 })
      // Its gradient goes to that pixel.
      let slopes = gradient(of: largest.sum(), withRespectTo: [x])[0].scalars
      for channel in stride(from: 1, to: channels, by: 3) {
        #expect(
          (0..<4).map { slopes[$0 * channels + channel] } == (0..<4).map { $0 == place ? 1 : 0 })
      }
    }
  }

  @Test("of equal pixels the first of a window gets the gradient")
  func tiedMaximum() {
    let x = Tensor(repeating: 3, shape: [1, 2, 2, 1]).variable()
    let slope = gradient(of: x.maxPooled(by: 2).sum(), withRespectTo: [x])[0]
    #expect(slope.scalars == [1, 0, 0, 0])
  }
}

/// Returns 0, 1, 2, … in row-major order.
private func counting(_ shape: [Int]) -> Tensor {
  Tensor(shape: shape, (0..<shape.reduce(1, *)).map(Float.init))
}

private func forEachIndex(of shape: [Int], _ body: ([Int]) -> Void) {
  for flat in 0..<shape.reduce(1, *) {
    var (rest, index) = (flat, shape)
    for dimension in shape.indices.reversed() {
      index[dimension] = rest % shape[dimension]
      rest /= shape[dimension]
    }
    body(index)
  }
}

extension Tensor {
  fileprivate subscript(index: [Int]) -> Float {
    let flat = zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
    return withScalars { $0[flat] }
  }
}
