import Tensors
import Testing

extension StorageTests {
  /// Eight times a 1 × 1 convolution with batch normalisation and a rectifier on top.
  private static func network(_ x: Tensor, _ variables: [Tensor]) -> Tensor {
    variables.reduce(x) { features, weights in
      features.convolved(with: weights, window: ConvolutionWindow(kernel: 1)).batchNormalized(
        gamma: Tensor(repeating: 1, shape: [channels]),
        beta: Tensor(repeating: 0, shape: [channels]), epsilon: 1e-5, slope: 0.2
      ).features
    }
  }

  private static let (depth, channels) = (8, 16)
  /// 16 MiB a tensor.
  private static let pictures = [16, 128, 128, channels]
  private static let tensorBytes = 4 * pictures.reduce(1, *)

  @Test("a consumed history leaves nothing behind, although its result is still there")
  func consumption() {
    let x = Tensor(repeating: 1, shape: Self.pictures)
    let variables = (0..<Self.depth).map {
      signedProbe([1, 1, Self.channels, Self.channels], UInt32($0)).variable()
    }
    let buffer = TensorBuffer(shapes: variables.map(\.shape))
    let before = StorageStatistics.current.bytesInUse
    let features = Self.network(x, variables)
    let loss = features.mean()
    let forward = StorageStatistics.current.bytesInUse
    #expect(forward - before > Self.depth * Self.tensorBytes)
    backpropagate(from: loss, to: variables, into: buffer)
    // The features themselves are still in use.
    #expect(StorageStatistics.current.bytesInUse - before < 2 * Self.tensorBytes)
    withExtendedLifetime((features, loss)) {}
  }

  @Test("a training step needs little more memory than the inputs of its normalisations")
  func peak() {
    let x = Tensor(repeating: 1, shape: Self.pictures)
    let variables = (0..<Self.depth).map {
      signedProbe([1, 1, Self.channels, Self.channels], UInt32($0)).variable()
    }
    let buffer = TensorBuffer(shapes: variables.map(\.shape))
    let before = StorageStatistics.current.bytesInUse
    StorageStatistics.resetPeak()
    backpropagate(from: Self.network(x, variables).mean(), to: variables, into: buffer)
    let peak = StorageStatistics.current.peakBytesInUse - before
    // Each layer has two outputs, that of the convolution and that of the normalisation.
    let activations = 2 * Self.depth * Self.tensorBytes
    #expect(Double(peak) < 0.75 * Double(activations))
    #expect(peak > Self.depth * Self.tensorBytes)
  }

  @Test("steps after the first obtain no memory from the system")
  func steadyState() {
    let x = Tensor(repeating: 1, shape: Self.pictures)
    let variables = (0..<Self.depth).map {
      signedProbe([1, 1, Self.channels, Self.channels], UInt32($0)).variable()
    }
    let buffer = TensorBuffer(shapes: variables.map(\.shape))
    func step() {
      backpropagate(from: Self.network(x, variables).mean(), to: variables, into: buffer)
    }
    step()
    let allocated = StorageStatistics.current.bytesAllocated
    for _ in 0..<3 { step() }
    #expect(StorageStatistics.current.bytesAllocated - allocated < Self.tensorBytes)
  }
}
