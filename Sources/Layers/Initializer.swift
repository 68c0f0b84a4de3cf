import Tensors

/// How a weight gets its first values.
public enum Initializer: Sendable, Hashable {
  case constant(Float)
  case normal(mean: Float, deviation: Float)
  case uniform(ClosedRange<Float>)
  /// Uniform within ±`gain`·√(6 / (fan in + fan out)) (Glorot & Bengio, 2010).
  case glorotUniform(fanIn: Int, fanOut: Int, gain: Float = 1)
  /// Normal with deviation `gain` / √(fan in); √2 suits rectifiers (He et al., 2015).
  case heNormal(fanIn: Int, gain: Float = Float(2).squareRoot())
  /// A vector of length one, all directions alike.
  case direction

  /// The standard normal distribution, which weights with an equalised learning rate begin with.
  public static let standardNormal = Initializer.normal(mean: 0, deviation: 1)

  /// Fills `buffer` with the values of weight number `index` of the network that `stream`
  /// belongs to.
  func fill(_ buffer: UnsafeMutableBufferPointer<Float>, index: Int, from stream: RandomStream) {
    switch self {
    case .constant(let value):
      buffer.update(repeating: value)
    case .normal(let mean, let deviation):
      stream.fillNormal(buffer, step: UInt64(index))
      for position in buffer.indices { buffer[position] = mean + deviation * buffer[position] }
    case .uniform(let range):
      let (center, limit) = (
        (range.lowerBound + range.upperBound) / 2, (range.upperBound - range.lowerBound) / 2
      )
      stream.fillUniform(buffer, step: UInt64(index))
      for position in buffer.indices {
        buffer[position] = center + limit * (2 * buffer[position] - 1)
      }
    case .glorotUniform(let fanIn, let fanOut, let gain):
      let limit = gain * (6 / Float(fanIn + fanOut)).squareRoot()
      stream.fillUniform(buffer, step: UInt64(index))
      for position in buffer.indices { buffer[position] = limit * (2 * buffer[position] - 1) }
    case .heNormal(let fanIn, let gain):
      let deviation = gain / Float(fanIn).squareRoot()
      stream.fillNormal(buffer, step: UInt64(index))
      for position in buffer.indices { buffer[position] *= deviation }
    case .direction:
      // Weights and statistics are numbered apart; another sample keeps their numbers apart, too.
      stream.fillNormal(buffer, step: UInt64(index), sample: 1)
      let length = buffer.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for position in buffer.indices { buffer[position] /= length }
    }
  }
}
