import Layers
import Tensors
import Testing

@Suite("Blocks of layers")
struct BlockTests {
  @Test("attention changes nothing while gamma is zero, and gamma learns")
  func attentionAtStart() throws {
    let layer = SingleLayer { SelfAttention("a", channels: 16, in: &$0) }
    #expect(
      layer.state.layout.weights.map(\.name) == [
        "a.theta.weight", "a.phi.weight", "a.g.weight", "a.o.weight", "a.gamma",
      ])
    let input = normal([2, 4, 6, 16])
    #expect(layer(input).scalars == input.scalars)
    let variables = layer.state.weights.tensors.map { $0.variable() }
    let output = layer.layer(
      input,
      in: ForwardPass(training: .init(noise: nil), state: layer.state, weights: variables))
    let gradients = gradient(of: output.squared().sum(), withRespectTo: variables)
    #expect(gradients[4].scalar != 0)
    #expect(gradients[0].scalars.allSatisfy { $0 == 0 })
  }

  @Test("a group of identical images has no deviation")
  func identicalImages() {
    let image = normal([1, 4, 4, 3])
    let layer = SingleLayer { MinibatchStandardDeviation(in: &$0) }
    let output = layer(.concatenated([Tensor](repeating: image, count: 4)))
    #expect(output.shape == [4, 4, 4, 4])
    // √ε is what is left of a variance of zero.
    #expect(output.sliced(3..<4, alongAxis: 3).scalars.allSatisfy { abs($0 - 1e-4) < 1e-6 })
    #expect(output.sliced(0..<3, alongAxis: 3).sliced(0..<1).scalars == image.scalars)
  }

  @Test("reals and fakes of one batch are in groups of their own")
  func halves() {
    let layer = SingleLayer { MinibatchStandardDeviation(in: &$0) }
    let (reals, fakes) = (normal([8, 2, 2, 3]), normal([8, 2, 2, 3], step: 1) * 5)
    let both = layer.trained(.concatenated([reals, fakes]), groups: 2)
    expectClose(both, .concatenated([layer(reals), layer(fakes)]))
  }

  @Test("groups hold the same samples for any number of ranks", arguments: [1, 2, 4])
  func ranks(_ count: Int) {
    let layer = SingleLayer { MinibatchStandardDeviation(in: &$0) }
    let images = normal([16, 2, 2, 3])
    let whole = layer(images)
    for rank in 0..<count {
      // Ranks take turns at the samples of the global batch.
      func share(_ batch: Tensor) -> Tensor {
        .concatenated(stride(from: rank, to: 16, by: count).map { batch.sliced($0..<$0 + 1) })
      }
      expectClose(layer(share(images)), share(whole))
    }
  }

  @Test("layers say what batches must be multiples of")
  func batchMultiple() {
    var layout = WeightLayout()
    #expect(layout.batchMultiple == 1)
    _ = MinibatchStandardDeviation(in: &layout)
    _ = MinibatchStandardDeviation(groupSize: 6, in: &layout)
    #expect(layout.batchMultiple == 12)
  }

  @Test("maxout with one piece is a dense layer")
  func maxoutOfOne() {
    let (maxout, dense) = (
      SingleLayer {
        Maxout("m", from: 5, to: 3, pieces: 1, initializer: .standardNormal, in: &$0)
      },
      SingleLayer { Dense("m", from: 5, to: 3, initializer: .standardNormal, in: &$0) }
    )
    let input = normal([4, 5])
    #expect(maxout(input).scalars == dense(input).scalars)
  }

  @Test("sizes double, halve and sum up")
  func sizes() {
    let input = normal([2, 4, 6, 3])
    let sums = SingleLayer { _ in GlobalSumPooling() }(input)
    #expect(sums.shape == [2, 3])
    let first = input.sliced(0..<1).reshaped(to: [24, 3]).sliced(0..<1, alongAxis: 1)
    #expect(abs(sums.scalars[0] - first.scalars.reduce(0, +)) < 1e-5)
    let up = SingleLayer {
      UpsamplingBlock("up", from: 3, to: 5, normalization: .none, in: &$0)
    }
    #expect(up(input).shape == [2, 8, 12, 5])
    let down = SingleLayer {
      DownsamplingBlock("down", from: 3, to: 5, normalization: .none, in: &$0)
    }
    #expect(down(input).shape == [2, 2, 3, 5])
  }
}
