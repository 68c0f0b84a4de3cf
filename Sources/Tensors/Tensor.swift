/// An immutable array of float32 numbers in row-major order; pictures are
/// `[batch, height, width, channels]`.
///
/// A tensor is a value. One that descends from a ``variable()`` also remembers how it was
/// computed, so that ``gradient(of:withRespectTo:upstream:differentiable:)`` can go back.
public struct Tensor: Sendable {
  /// The extent of each dimension; empty for a scalar.
  public let shape: [Int]

  private(set) var storage: Storage
  let offset: Int
  let node: TapeNode?

  /// The number of elements.
  public var count: Int { shape.product }

  /// The number of dimensions.
  public var rank: Int { shape.count }

  /// True if operations on this tensor are recorded for differentiation.
  public var isTracked: Bool { node != nil }

  init(shape: [Int], storage: Storage, offset: Int = 0, node: TapeNode? = nil) {
    self.shape = shape
    self.storage = storage
    self.offset = offset
    self.node = node
  }

  /// Creates a tensor whose elements `body` writes; all of them must be written.
  public init(
    shape: [Int], initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    let storage = Storage(count: shape.product)
    try body(UnsafeMutableBufferPointer(start: storage.pointer, count: shape.product))
    self.init(shape: shape, storage: storage)
  }

  /// Creates a tensor whose elements are to be written before anybody else sees it.
  init(uninitialized shape: [Int]) {
    self.init(shape: shape, storage: Storage(count: shape.product))
  }

  /// Creates a tensor with `shape` from its elements in row-major order.
  public init(shape: [Int], _ scalars: [Float]) {
    precondition(scalars.count == shape.product, "\(scalars.count) scalars for shape \(shape)")
    self.init(shape: shape) { _ = $0.initialize(from: scalars) }
  }

  /// Creates a tensor of rank zero.
  public init(_ scalar: Float) {
    self.init(shape: [], [scalar])
  }

  /// Creates a tensor in which every element is `value`.
  public init(repeating value: Float, shape: [Int]) {
    self.init(shape: shape) { $0.initialize(repeating: value) }
  }

  /// The elements in row-major order, copied.
  public var scalars: [Float] { withScalars { Array($0) } }

  /// The only element of a tensor that has exactly one.
  public var scalar: Float {
    precondition(count == 1, "a tensor of shape \(shape) is not a scalar")
    return pointer.pointee
  }

  /// Calls `body` with the elements in row-major order.
  public func withScalars<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: pointer, count: count))
  }

  /// This tensor without its history.
  public var detached: Tensor { Tensor(shape: shape, storage: storage, offset: offset) }

  /// Returns this tensor as the start of a new history: a variable that gradients are taken for.
  public func variable() -> Tensor {
    Tensor(shape: shape, storage: storage, offset: offset, node: TapeNode(shape: shape))
  }

  /// True if no other tensor, nor a history, has these elements: whoever holds this one alone may
  /// overwrite them.
  mutating func hasElementsToItself() -> Bool { isKnownUniquelyReferenced(&storage) }

  /// The address of the first element; valid while the tensor is.
  ///
  /// Take it from a parameter or a named constant only, and hand it to a call in the same scope:
  /// Swift keeps those alive past the call, but may release a temporary before it.
  var pointer: UnsafeMutablePointer<Float> { storage.pointer + offset }
}

extension [Int] {
  /// The number of elements of this shape.
  var product: Int { reduce(1, *) }

  /// Row-major strides of this shape, in elements.
  var strides: [Int] {
    var strides = self
    var step = 1
    for dimension in indices.reversed() {
      strides[dimension] = step
      step *= self[dimension]
    }
    return strides
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The base address of a buffer that is never empty.
  var start: UnsafeMutablePointer<Float> {
    guard let baseAddress else { preconditionFailure("an empty buffer has no start") }
    return baseAddress
  }
}
