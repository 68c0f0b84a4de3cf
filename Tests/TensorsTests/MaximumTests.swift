import Tensors
import Testing

@Suite("The maximum of two tensors")
struct MaximumTests {
  @Test("is the larger element; where both are equal, the gradient goes to the second")
  func values() {
    let (a, b) = (
      Tensor(shape: [4], [1, -2, 3, 5]).variable(), Tensor(shape: [4], [2, -3, 3, 4]).variable()
    )
    let larger = Tensor.maximum(a, b)
    #expect(larger.scalars == [2, -2, 3, 5])
    let gradients = gradient(
      of: larger, withRespectTo: [a, b], upstream: Tensor(shape: [4], [10, 20, 30, 40]))
    #expect(gradients.map(\.scalars) == [[0, 20, 0, 40], [10, 0, 30, 0]])
  }

  @Test("is not a number where either element is not, as in PyTorch")
  func notANumber() {
    let numbers = (0..<40).map { Float($0) - 20 }
    for place in [0, 17, 39] {
      var holed = numbers
      holed[place] = .nan
      let (a, b) = (Tensor(shape: [40], holed), Tensor(shape: [40], numbers))
      for larger in [Tensor.maximum(a, b), Tensor.maximum(b, a), Tensor.maximum(a, a)] {
        #expect(larger.scalars.map(\.isNaN) == holed.map(\.isNaN))
      }
    }
  }

  @Test("gradients are right")
  func gradients() {
    let x = probe([3, 5], 1)
    checkGradients(at: [x, x + signedProbe([3, 5], 2)]) {
      Tensor.maximum($0[0], $0[1]).squared()
    }
  }
}
