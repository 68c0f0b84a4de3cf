import FuzzingSupport
import Pictures

/// Decodes the input as a picture and makes it a square, as `prepare` does.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPictures(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  do {
    let picture = try Picture(decoding: bytes, limits: limits)
    precondition(picture.pixels.count == picture.width * picture.height * 3)
    for fit in Fit.allCases {
      let square = picture.resized(to: 8, fit: fit, background: .white)
      precondition(square.pixels.count == 8 * 8 * 3)
    }
  } catch is PictureError {
  } catch {
    fatalError("not an error of pictures: \(error)")
  }
  return 0
}

/// Small, so that thousands of pictures a second can be tried; that they hold before anything is
/// allocated is seen by libFuzzer's limit of an allocation.
private let limits = DecodingLimits(
  maximumSide: 4096, maximumPixels: 1 << 16, maximumFileBytes: 1 << 16)

/// Mutates a picture; of a PNG, most of the time, also its checksums, behind which nothing else of
/// it would be looked at.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutatePicture(
  _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
  var picture = Mutation(start, count: count, capacity: capacity, seed: seed)
  picture.mutate()
  if !seed.isMultiple(of: 8) { PNGChunks.seal(&picture) }
  return picture.count
}
