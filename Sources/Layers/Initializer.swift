import Tensors

/// How a weight gets its first values.
public enum Initializer: Sendable, Hashable {
  case constant(Float)
  case normal(mean: Float, deviation: Float)
  /// Uniform within ±√(6 / (fan in + fan out)) (Glorot & Bengio, 2010).
  case glorotUniform(fanIn: Int, fanOut: Int)

  /// Fills `buffer` with the values of weight number `index` of the network that `stream`
  /// belongs to.
  func fill(_ buffer: UnsafeMutableBufferPointer<Float>, index: Int, from stream: RandomStream) {
    switch self {
    case .constant(let value):
      buffer.update(repeating: value)
    case .normal(let mean, let deviation):
      stream.fillNormal(buffer, step: UInt64(index))
      for position in buffer.indices { buffer[position] = mean + deviation * buffer[position] }
    case .glorotUniform(let fanIn, let fanOut):
      let limit = (6 / Float(fanIn + fanOut)).squareRoot()
      stream.fillUniform(buffer, step: UInt64(index))
      for position in buffer.indices { buffer[position] = limit * (2 * buffer[position] - 1) }
    }
  }
}
