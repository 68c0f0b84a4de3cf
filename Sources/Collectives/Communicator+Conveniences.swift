import Foundation

extension Communicator {
  /// Whether this is rank 0, the one that writes files and reports progress.
  public var isRoot: Bool { rank == 0 }

  /// Whether all ranks run on one host; the answer is the same on every rank.
  public var isOnOneHost: Bool { localSize == size }

  /// Replaces every element, on every rank, by its sum over all ranks.
  ///
  /// All ranks receive the same bits.
  public func sum(_ buffer: UnsafeMutableBufferPointer<Float>) throws {
    try sum(buffer, as: .float32)
  }

  /// Replaces every element, on every rank, by its mean over all ranks.
  public func average(
    _ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat = .float32
  ) throws {
    guard size > 1 else { return }
    try sum(buffer, as: format)
    divideBySize(buffer)
  }

  /// Makes means of sums.
  public func divideBySize(_ sums: UnsafeMutableBufferPointer<Float>) {
    let scale = 1 / Float(size)
    for index in sums.indices { sums[index] *= scale }
  }

  /// Replaces every element, on every rank, by its sum over all ranks.
  public func sum(_ values: inout [Float]) throws {
    try values.withUnsafeMutableBufferPointer { try sum($0) }
  }

  /// Replaces every element, on every rank, by its mean over all ranks.
  public func average(_ values: inout [Float]) throws {
    try values.withUnsafeMutableBufferPointer { try average($0) }
  }

  /// The largest of all ranks' values, on every rank.
  public func maximum(_ value: Int) throws -> Int {
    var values = [Int64(value)]
    try maximum(&values)
    return Int(values[0])
  }

  /// The smallest of all ranks' values, on every rank.
  public func minimum(_ value: Int) throws -> Int {
    var values = [Int64(value)]
    try minimum(&values)
    return Int(values[0])
  }

  /// Whether `condition` holds on at least one rank; the answer is the same on every rank.
  public func isTrueAnywhere(_ condition: Bool) throws -> Bool {
    try maximum(condition ? 1 : 0) == 1
  }

  /// Whether `condition` holds on every rank; the answer is the same on every rank.
  public func isTrueEverywhere(_ condition: Bool) throws -> Bool {
    try minimum(condition ? 1 : 0) == 1
  }

  /// The bytes that `root` passed, on every rank; what other ranks pass is ignored.
  public func broadcast(_ bytes: [UInt8], from root: Int = 0) throws -> [UInt8] {
    var count = Int64(bytes.count)
    try withUnsafeMutableBytes(of: &count) { try broadcast($0, from: root) }
    var result = rank == root ? bytes : [UInt8](repeating: 0, count: Int(count))
    try result.withUnsafeMutableBytes { try broadcast($0, from: root) }
    return result
  }

  /// The string that `root` passed, on every rank; what other ranks pass is ignored.
  public func broadcast(_ string: String, from root: Int = 0) throws -> String {
    String(decoding: try broadcast(Array(string.utf8), from: root), as: UTF8.self)
  }

  /// The value that `root` passed, on every rank; what other ranks pass is ignored.
  public func broadcast<Value: Codable>(_ value: Value, from root: Int = 0) throws -> Value {
    let encoded = rank == root ? try JSONEncoder.ofAnyNumbers().encode([value]) : Data()
    let bytes = try broadcast(Array(encoded), from: root)
    return try JSONDecoder.ofAnyNumbers().decode([Value].self, from: Data(bytes))[0]
  }

  /// Every rank's bytes, in rank order, on every rank.
  public func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let gathered = try bytes.withUnsafeBytes { try gather($0, to: 0) } ?? []
    var counts = gathered.map { Int64($0.count) }
    if !isRoot { counts = [Int64](repeating: 0, count: size) }
    try counts.withUnsafeMutableBytes { try broadcast($0, from: 0) }

    var joined = Array(gathered.joined())
    if !isRoot { joined = [UInt8](repeating: 0, count: Int(counts.reduce(0, +))) }
    try joined.withUnsafeMutableBytes { try broadcast($0, from: 0) }

    var start = 0
    return counts.map { count in
      defer { start += Int(count) }
      return Array(joined[start..<start + Int(count)])
    }
  }

  /// Every rank's string, in rank order, on every rank.
  public func allGather(_ string: String) throws -> [String] {
    try allGather(Array(string.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The ranks whose `text` is not that of rank 0, in order; the answer is the same on every rank.
  ///
  /// For what must be equal everywhere: options, the data found, checksums of the replicas.
  public func ranksThatDiffer(in text: String) throws -> [Int] {
    let texts = try allGather(text)
    return texts.indices.filter { texts[$0] != texts[0] }
  }

  /// Says on standard error which rank failed, where, doing what and why, and ends the job.
  public func abort(after error: any Error, code: Int32) -> Never {
    let doing = activity.isEmpty ? "" : " (\(activity))"
    // A collective's error names its place itself.
    let place = error is CollectiveError ? "" : "rank \(rank) of \(size) on \(hostName)\(doing): "
    printToStandardError("\(place)\(error)")
    abort(code: code)
  }
}
