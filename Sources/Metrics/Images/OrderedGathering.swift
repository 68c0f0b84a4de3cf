import Collectives

extension Communicator {
  /// Returns every rank's values, joined in the order of the ranks, on every rank.
  func allGatherInOrder<Value: BitwiseCopyable>(_ values: [Value]) throws -> [Value] {
    guard size > 1 else { return values }
    return try allGather(values.withUnsafeBytes { Array($0) }).flatMap { $0.values() }
  }

  /// Returns the value that rank 0 computes, on every rank.
  func fromRoot<Value: BitwiseCopyable>(_ compute: () -> Value) throws -> Value {
    guard size > 1 else { return compute() }
    let bytes = isRoot ? withUnsafeBytes(of: compute()) { Array($0) } : []
    return try broadcast(bytes).withUnsafeBytes { $0.loadUnaligned(as: Value.self) }
  }
}

extension [UInt8] {
  /// These bytes as values of another type.
  func values<Value: BitwiseCopyable>(as type: Value.Type = Value.self) -> [Value] {
    withUnsafeBytes { bytes in
      [Value](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Value>.stride) {
        buffer, count in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        count = bytes.count / MemoryLayout<Value>.stride
      }
    }
  }
}
