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

  @Test("gradients are right")
  func gradients() {
    let x = probe([3, 5], 1)
    checkGradients(at: [x, x + signedProbe([3, 5], 2)]) {
      Tensor.maximum($0[0], $0[1]).squared()
    }
  }
}
