import Tensors
import Testing

@Suite("Tape")
struct TapeTests {
  @Test("only what descends from a variable is tracked")
  func tracking() {
    let constant = signedProbe([3], 1)
    let variable = constant.variable()
    #expect(variable.isTracked && (constant + variable).isTracked && variable.sum().isTracked)
    #expect(!constant.isTracked && !(constant * constant).isTracked)
    #expect(!variable.detached.isTracked && !(variable * 2).detached.isTracked)
  }

  @Test("a variable that the result does not depend on gets zeros")
  func independence() {
    let (x, y) = (signedProbe([3], 1).variable(), signedProbe([2, 2], 2).variable())
    let gradients = gradient(of: (x * x).sum(), withRespectTo: [y, x])
    expectClose(gradients[0], shape: [2, 2], [0, 0, 0, 0])
    expectClose(gradients[1], shape: [3], x.scalars.map { 2 * Double($0) })
    let nothing = gradient(of: y.detached.sum(), withRespectTo: [y])
    expectClose(nothing[0], shape: [2, 2], [0, 0, 0, 0])
    // A variable made after the result, which cannot be on the way to it.
    let late = signedProbe([2], 3).variable()
    expectClose(gradient(of: x.sum(), withRespectTo: [late])[0], shape: [2], [0, 0])
  }

  @Test("a subexpression that is used many times gets every gradient once")
  func sharing() {
    checkGradients(at: [signedProbe([4], 3)]) { inputs in
      let shared = inputs[0].tanh()
      let twice = shared * shared
      return twice * shared + twice / (shared.squared() + 1) + inputs[0]
    }
    // Sixty doublings have 2⁶⁰ ways from the result to the variable.
    let x = Tensor(1).variable()
    var y: Tensor = x
    for _ in 0..<60 { y = y + y }
    #expect(gradient(of: y, withRespectTo: [x])[0].scalar == 0x1p60)
  }

  @Test("gradients for a result on the way, and for the result itself")
  func intermediateResults() {
    let x = Tensor(shape: [2], [3, 5]).variable()
    let middle = x * x
    let result = (middle * 10).sum()
    let gradients = gradient(of: result, withRespectTo: [x, middle, result, x])
    #expect(gradients[0].scalars == [60, 100])
    #expect(gradients[1].scalars == [10, 10])
    #expect(gradients[2].scalars == [1])
    #expect(gradients[3].scalars == [60, 100])
  }

  @Test("the upstream gradient is carried through")
  func upstream() {
    let x = Tensor(shape: [2], [3, 5]).variable()
    let slope = gradient(
      of: x * x, withRespectTo: [x], upstream: Tensor(shape: [2], [1, -2]))[0]
    #expect(slope.scalars == [6, -20])
  }

  @Test("a gradient has a history only if asked for")
  func differentiability() {
    let x = Tensor(shape: [2], [3, 5]).variable()
    let cube = (x * x * x).sum()
    let plain = gradient(of: cube, withRespectTo: [x])[0]
    #expect(!plain.isTracked && plain.scalars == [27, 75])
    // Even if what came from above has one.
    #expect(!gradient(of: cube, withRespectTo: [x], upstream: x.sum())[0].isTracked)

    let first = gradient(of: cube, withRespectTo: [x], differentiable: true)[0]
    #expect(first.isTracked && first.scalars == [27, 75])
    let second = gradient(of: first.sum(), withRespectTo: [x], differentiable: true)[0]
    #expect(second.scalars == [18, 30])
    #expect(gradient(of: second.sum(), withRespectTo: [x])[0].scalars == [6, 6])
  }

  @Test("a detached tensor is a constant")
  func detaching() {
    let x = Tensor(shape: [1], [3]).variable()
    #expect(gradient(of: (x * x.detached).sum(), withRespectTo: [x])[0].scalars == [3])
  }

  @Test("the gradient of a layer's weights is final before that of its input")
  func weightsFirst() {
    let input = Tensor(repeating: 0.5, shape: [1, 4, 4, 2]).variable()
    let weights = Tensor(repeating: 0.25, shape: [4, 4, 2, 3]).variable()
    let window = ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
    let output = input.convolved(with: weights, window: window)
    let gradients = TensorBuffer(shapes: [input.shape, weights.shape])
    var order: [Int] = []
    backpropagate(from: output.sum(), to: [input, weights], into: gradients) { index, _ in
      order.append(index)
      // What comes later is not begun: the buffer still has its zeros there.
      let inputGradientIsThere = gradients.tensors[0].scalars.contains { $0 != 0 }
      #expect(inputGradientIsThere == order.contains(0))
    }
    #expect(order == [1, 0])
  }

  @Test("a chain of many thousand operations is differentiated and released")
  func longChain() {
    let x = Tensor(shape: [1], [2]).variable()
    var y: Tensor = x
    for _ in 0..<10_000 { y = y + 0.5 }
    #expect(y.scalars == [5002])
    #expect(gradient(of: y, withRespectTo: [x])[0].scalars == [1])
    var z: Tensor = x
    for _ in 0..<1000 { z = z + x }
    let slope = gradient(of: z * z, withRespectTo: [x], differentiable: true)[0]
    #expect(gradient(of: slope, withRespectTo: [x])[0].scalars == [2 * 1001 * 1001])
    // As deep as this, recursion would overflow any usual stack.
    for _ in 0..<200_000 { y = y + 0.5 }
    y = x
  }
}
