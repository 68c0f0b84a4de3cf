import FuzzingSupport
import Safetensors

/// Mutates a safetensors file; most of the time its header or its data alone, with the length of
/// the header and the checksum made right, behind which nothing else of it would be looked at.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateCheckpoint(
  _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
  var file = Mutation(start, count: count, capacity: capacity, seed: seed)
  guard let header = header(of: file), !seed.isMultiple(of: 8) else {
    file.mutate()
    return file.count
  }
  if seed.isMultiple(of: 5) {
    file.mutate(header.upperBound..<file.count)
    sealChecksum(of: &file, header)
  } else {
    let header = file.mutate(header)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    file.replace(0..<8, with: length)
    sealChecksum(of: &file, header)
  }
  return file.count
}

/// Where the header of a safetensors file lies, which has its length before it.
private func header(of file: Mutation) -> Range<Int>? {
  guard file.count >= 8 else { return nil }
  let length = file.room[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  return length <= file.count - 8 ? 8..<8 + Int(length) : nil
}

/// Makes the checksum right that the metadata carry: that of the file with zeros in its place.
private func sealChecksum(of file: inout Mutation, _ header: Range<Int>) {
  let key = Array(#""gan-dist.checksum":""#.utf8)
  let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 8)
  guard let start = header.first(where: { file.room[$0..<header.upperBound].starts(with: key) }),
    start + key.count + zeros.count <= header.upperBound
  else { return }
  let digits = start + key.count..<start + key.count + zeros.count
  file.replace(digits, with: zeros)
  let checksum = String(CRC32C(of: file.room[..<file.count]).value, radix: 16)
  file.replace(digits, with: zeros.dropFirst(checksum.utf8.count) + Array(checksum.utf8))
}
