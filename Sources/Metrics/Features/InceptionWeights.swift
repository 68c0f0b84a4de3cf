import Safetensors
import Tensors

/// The weights of Inception-v3 in a file, with the names and layouts of torchvision and
/// pytorch-fid.
struct InceptionWeights {
  /// What both add to a variance before its root is taken.
  private static let epsilon: Float = 0.001

  private let file: SafetensorsFile

  init(contentsOf path: String) throws {
    file = try SafetensorsFile(contentsOf: path)
  }

  /// Returns the CRC-32C of all tensors, in hexadecimal.
  func digest() throws -> String {
    var checksum = CRC32C()
    for name in file.names { try file.withBytes(named: name) { checksum.update(with: $0) } }
    return String(checksum.value, radix: 16)
  }

  /// Returns whose weights they are, by the number of classes.
  func variant() throws -> InceptionV3.Variant {
    guard let last = file.tensors["fc.weight"] else {
      throw fault("fc.weight is missing, which tells the weights of pytorch-fid from torchvision's")
    }
    guard last.shape.count == 2, last.shape[1] == InceptionV3.featureCount,
      let variant = InceptionV3.Variant(classCount: last.shape[0])
    else {
      throw fault("fc.weight should have the shape [1008, 2048] or [1000, 2048], not \(last.shape)")
    }
    return variant
  }

  /// Reads a convolution with a square kernel.
  func conv(
    _ name: String, _ inputs: Int, _ outputs: Int, _ kernel: Int, stride: Int = 1, padding: Int = 0
  ) throws -> RectifiedConvolution {
    try convolution(name, [outputs, inputs, kernel, kernel], stride, (padding, padding))
  }

  /// Reads a convolution with a kernel of one row, which keeps the size of pictures.
  func conv(_ name: String, _ inputs: Int, _ outputs: Int, width: Int) throws
    -> RectifiedConvolution
  {
    try convolution(name, [outputs, inputs, 1, width], 1, (0, width / 2))
  }

  /// Reads a convolution with a kernel of one column, which keeps the size of pictures.
  func conv(_ name: String, _ inputs: Int, _ outputs: Int, height: Int) throws
    -> RectifiedConvolution
  {
    try convolution(name, [outputs, inputs, height, 1], 1, (height / 2, 0))
  }

  private func convolution(
    _ name: String, _ shape: [Int], _ stride: Int, _ padding: (Int, Int)
  ) throws -> RectifiedConvolution {
    let outputs = shape[0]
    func vector(_ part: String) throws -> [Float] {
      try floats("\(name).bn.\(part)", shape: [outputs])
    }
    let (gamma, beta) = (try vector("weight"), try vector("bias"))
    let (mean, variance) = (try vector("running_mean"), try vector("running_var"))
    let scales = zip(gamma, variance).map { $0 / ($1 + Self.epsilon).squareRoot() }
    let shifts = (0..<outputs).map { beta[$0] - mean[$0] * scales[$0] }
    let kernel = Tensor(shape: shape, try floats("\(name).conv.weight", shape: shape))
    return RectifiedConvolution(
      weights: kernel.permuted(2, 3, 1, 0) * Tensor(shape: [outputs], scales),
      bias: Tensor(shape: [outputs], shifts), stride: stride,
      padding: padding)
  }

  private func floats(_ name: String, shape: [Int]) throws -> [Float] {
    guard let stored = file.tensors[name] else { throw fault("\(name) is missing") }
    guard stored.shape == shape else {
      throw fault("\(name) should have the shape \(shape), not \(stored.shape)")
    }
    return try file.floats(named: name)
  }

  private func fault(_ reason: String) -> FeatureError {
    .notInception(path: file.path, reason: reason)
  }
}
