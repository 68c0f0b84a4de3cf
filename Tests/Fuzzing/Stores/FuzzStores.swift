import FuzzingSupport
import Portraits

/// Opens the input as an image store and reads all of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStores(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  file.hold(UnsafeBufferPointer(start: start, count: count))
  do {
    let store = try ImageStore.open(file.path)
    for index in 0..<store.count {
      precondition(store.labels.indices.contains(store.label(of: index)))
      _ = store.relativePath(of: index)
      let side = store.imageSize
      precondition(store.picture(at: index).pixels.count == side * side * 3)
    }
  } catch is PortraitError {
  } catch {
    fatalError("not an error of stores: \(error)")
  }
  return 0
}

/// Mutates a store; most of the time also its lengths and its checksum, behind which nothing else
/// of it would be looked at.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateStore(
  _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
  var store = Mutation(start, count: count, capacity: capacity, seed: seed)
  store.mutate()
  if !seed.isMultiple(of: 8) { seal(&store) }
  return store.count
}

/// Makes the length of the description and the checksum of a store right.
///
/// A store is a preamble of 40 bytes, pixels and a description. Five numbers make the preamble: the
/// signature, the version, the bytes of the pixels, those of the description, the checksum.
private func seal(_ store: inout Mutation) {
  guard store.count >= 40 else { return }
  var preamble = store.room[..<40].withUnsafeBytes {
    $0.bindMemory(to: UInt64.self).map(UInt64.init(littleEndian:))
  }
  guard preamble[2] <= store.count - 40 else { return }
  let description = 40 + Int(preamble[2])..<store.count
  preamble[3] = UInt64(description.count)
  func bytes(_ numbers: some Sequence<UInt64>) -> [UInt8] {
    numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
  }
  var checksum = ContentDigest(of: bytes(preamble[..<4]))
  checksum.append(store.room[description])
  preamble[4] = checksum.value
  store.replace(0..<40, with: bytes(preamble))
}

private nonisolated(unsafe) let file = InputFile()
