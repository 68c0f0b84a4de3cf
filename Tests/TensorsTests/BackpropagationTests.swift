import Tensors
import Testing

@Suite("Backpropagation")
struct BackpropagationTests {
  /// A network with every kind of operation that a model of ours has.
  private static func loss(_ variables: [Tensor]) -> Tensor {
    let x = signedProbe([6, 8, 8, 3], 1)
    let halving = ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
    let first = x.convolved(with: variables[0], adding: variables[1], window: halving)
      .leakyReLU(slope: 0.2)
    let second = first.batchNormalized(
      gamma: variables[2], beta: variables[3], epsilon: 1e-5, groups: 2, slope: 0
    ).features
    let third = second.upsampledConvolved(with: variables[4], adding: variables[5]).tanh()
    let features = Tensor.concatenated([third, third.absolute()], alongAxis: 3)
    let logits = features.reshaped(to: [6, 8 * 8 * 4]).matrixProduct(variables[6])
    return (logits.sliced(0..<3).softplus() / logits.sliced(3..<6).sigmoid()).mean()
  }

  private static func variables() -> [Tensor] {
    let shapes = [[4, 4, 3, 5], [5], [5], [5], [3, 3, 5, 2], [2], [8 * 8 * 4, 1], [7]]
    return shapes.enumerated().map { signedProbe($1, UInt32(10 + $0)).variable() }
  }

  @Test("gives the gradients that the history would have given if kept, bit for bit")
  func equality() {
    let variables = Self.variables()
    let expected = gradient(of: Self.loss(variables), withRespectTo: variables)
    let buffer = TensorBuffer(shapes: variables.map(\.shape))
    buffer.withMutableScalars { $0.update(repeating: 7) }
    backpropagate(from: Self.loss(variables), to: variables, into: buffer)
    for (found, expected) in zip(buffer.tensors, expected) {
      #expect(found.scalars.map(\.bitPattern) == expected.scalars.map(\.bitPattern))
    }
    #expect(expected.dropLast().allSatisfy { length($0) > 0 } && length(expected[7]) == 0)
  }

  @Test("tells when each gradient is final, in an order that repeats")
  func finality() {
    let variables = Self.variables()
    func order() -> [Int] {
      let buffer = TensorBuffer(shapes: variables.map(\.shape))
      var (order, early): ([Int], [[Float]]) = ([], [])
      backpropagate(from: Self.loss(variables), to: variables, into: buffer) { index, isReached in
        #expect(isReached == (index != 7))
        order.append(index)
        early.append(buffer.tensors[index].scalars)
      }
      for (index, scalars) in zip(order, early) {
        #expect(buffer.tensors[index].scalars == scalars)
      }
      return order
    }
    let first = order()
    // The seventh takes no part in the loss; then from the last layer to the first.
    #expect(first == [7, 6, 5, 4, 2, 3, 1, 0])
    #expect(order() == first)
  }

  @Test("leaves late gradients for the end, and finds the same numbers", arguments: [0..<2, 2..<7])
  func lateness(late: Range<Int>) {
    let variables = Self.variables()
    let expected = gradient(of: Self.loss(variables), withRespectTo: variables)
    let buffer = TensorBuffer(shapes: variables.map(\.shape))
    var order: [Int] = []
    backpropagate(from: Self.loss(variables), to: variables, into: buffer, late: late) { index, _ in
      order.append(index)
    }
    // Those of the product, 6, and of the normalisation, 2 and 3, come with the input's gradient.
    #expect(order == (late == 0..<2 ? [7, 6, 5, 4, 2, 3, 1, 0] : [7, 6, 2, 3, 1, 0, 5, 4]))
    for (found, expected) in zip(buffer.tensors, expected) {
      #expect(found.scalars.map(\.bitPattern) == expected.scalars.map(\.bitPattern))
    }
  }

  @Test("adds up several uses of a late variable in the order in which they would be without")
  func lateSums() {
    let (x, weights) = (signedProbe([16, 16], 1).variable(), signedProbe([16, 16], 2).variable())
    // The product gives both gradients at once, and so cannot wait for the weights' other uses.
    func loss() -> Tensor {
      x.matrixProduct(weights).tanh().sum() + (weights * weights).tanh().sum()
        + weights.sigmoid().sum()
    }
    let expected = gradient(of: loss(), withRespectTo: [x, weights])
    let buffer = TensorBuffer(shapes: [x.shape, weights.shape])
    backpropagate(from: loss(), to: [x, weights], into: buffer, late: 1..<2) { _, _ in }
    for (found, expected) in zip(buffer.tensors, expected) {
      #expect(found.scalars.map(\.bitPattern) == expected.scalars.map(\.bitPattern))
    }
  }

  @Test("waits for the last of several uses of a variable")
  func sharing() {
    let (x, y) = (Tensor(shape: [2], [3, 5]).variable(), Tensor(shape: [2], [2, 4]).variable())
    let buffer = TensorBuffer(shapes: [[2], [2]])
    var order: [Int] = []
    backpropagate(from: ((x * y + x) * x).sum(), to: [x, y], into: buffer) { index, _ in
      order.append(index)
    }
    #expect(order == [0, 1])
    #expect(buffer.tensors[0].scalars == [18, 50])
    #expect(buffer.tensors[1].scalars == [9, 25])
  }

  @Test("stops with the error that the listener throws")
  func failure() {
    struct Refusal: Error {}
    let x = Tensor(1).variable()
    #expect(throws: Refusal.self) {
      try backpropagate(from: x * x, to: [x], into: TensorBuffer(shapes: [[]])) { _, _ in
        throw Refusal()
      }
    }
  }

  @Test("a consumed history cannot be gone back through again")
  func consumption() async {
    await #expect(processExitsWith: .failure) {
      let x = Tensor(shape: [2], [3, 5]).variable()
      let y = x * x
      backpropagate(from: y.sum(), to: [x], into: TensorBuffer(shapes: [[2]]))
      _ = gradient(of: y.sum(), withRespectTo: [x])
    }
    // Variables and what does not depend on the consumed operations stay usable.
    let x = Tensor(shape: [2], [3, 5]).variable()
    let other = x * 3
    backpropagate(from: (x * x).sum(), to: [x], into: TensorBuffer(shapes: [[2]]))
    #expect(gradient(of: other.sum(), withRespectTo: [x])[0].scalars == [3, 3])
  }

  @Test("a rule cannot read what its operation did not keep")
  func reading() async {
    await #expect(processExitsWith: .failure) {
      let x = Tensor(shape: [2], [3, 5])
      let start = x.variable()
      let z = x.recorded(from: [start]) { [$0.upstream * $0.input(0)] }
      _ = gradient(of: z, withRespectTo: [start])
    }
    await #expect(processExitsWith: .failure) {
      let x = Tensor(shape: [2], [3, 5])
      let start = x.variable()
      let z = x.recorded(from: [start]) { [$0.upstream * $0.output] }
      _ = gradient(of: z, withRespectTo: [start])
    }
    let start = Tensor(shape: [2], [3, 5]).variable()
    let kept = start.detached.recorded(from: [start], keeping: [.input(0), .output]) {
      [$0.upstream * $0.input(0) * $0.output]
    }
    #expect(gradient(of: kept, withRespectTo: [start])[0].scalars == [9, 25])
  }

  @Test("features that are made again are those that there were, bit for bit")
  func remaking() {
    let x = signedProbe([8, 4, 4, 6], 1).variable()
    let weights = signedProbe([3, 3, 6, 4], 2).variable()
    let window = ConvolutionWindow(kernel: 3, padding: .all(1))
    let features = x.batchNormalized(
      gamma: signedProbe([6], 3), beta: signedProbe([6], 4), epsilon: 1e-5, groups: 2, slope: 0.2
    ).features
    let (made, kept) = (features, features.detached)
    let gradients = [made, kept].map {
      gradient(of: $0.convolved(with: weights, window: window).sum(), withRespectTo: [weights])[0]
    }
    #expect(gradients[0].scalars.map(\.bitPattern) == gradients[1].scalars.map(\.bitPattern))
  }

  @Test("a bias within a convolution is the bias after it")
  func bias() {
    let (x, weights) = (signedProbe([2, 4, 4, 3], 1), signedProbe([3, 3, 3, 5], 2))
    let bias = signedProbe([5], 3)
    let window = ConvolutionWindow(kernel: 3, padding: .all(1))
    let pairs = [
      (
        x.convolved(with: weights, adding: bias, window: window),
        x.convolved(with: weights, window: window) + bias
      ),
      (
        x.upsampledConvolved(with: weights, adding: bias),
        x.upsampledConvolved(with: weights) + bias
      ),
    ]
    for (within, after) in pairs { #expect(within.scalars == after.scalars) }
    checkGradients(at: [x, weights, bias], step: 1 / 4) {
      $0[0].convolved(with: $0[1], adding: $0[2], window: window)
    }
    checkGradients(at: [x, weights, bias], step: 1 / 4) {
      $0[0].upsampledConvolved(with: $0[1], adding: $0[2])
    }
  }
}
