import CMPI
import Testing

@Suite("A number of bfloat16")
struct BFloat16Tests {
  private func rounded(_ number: Float) -> UInt16 {
    var (number, result) = (number, UInt16.max)
    bfloat16_from_float(&number, &result, 1)
    return result
  }

  @Test(
    "is the upper half of the nearest float, ties to even",
    arguments: [
      (0, 0x0000), (-0.0, 0x8000), (1, 0x3f80), (-2, 0xc000), (3.141_592_7, 0x4049),
      // Halfway between two neighbours: the one that ends in a zero bit.
      (1 + 0x1p-8, 0x3f80), (1 + 0x3p-8, 0x3f82),
      // A little beyond, and a little short of it.
      (1 + 0x1.0002p-8, 0x3f81), (1 + 0x1.fffcp-9, 0x3f80),
      (.greatestFiniteMagnitude, 0x7f80), (-.infinity, 0xff80),
      // The largest number of the format, and the least that is rounded up from it.
      (0x1.fep127, 0x7f7f), (0x1.ffp127, 0x7f80), (0x1.fefffep127, 0x7f7f),
      (.leastNonzeroMagnitude, 0x0000), (0x1p-133, 0x0001),
    ] as [(Float, UInt16)])
  func known(number: Float, bits: UInt16) {
    #expect(rounded(number) == bits)
  }

  @Test(
    "stays no number if it was none",
    arguments: [0x7f80_0001, 0x7fff_ffff, 0xff80_0001, 0xffff_ffff] as [UInt32])
  func notANumber(bits: UInt32) {
    let half = rounded(Float(bitPattern: bits))
    #expect(Float(bitPattern: UInt32(half) << 16).isNaN)
  }

  @Test("is nearer than both its neighbours to any number")
  func nearest() {
    for bits in stride(from: UInt32(0x0080_0000), to: 0x7f00_0000, by: 104_729) {
      let number = Float(bitPattern: bits)
      let half = UInt32(rounded(number))
      let distances = [half - 1, half, half + 1].map {
        abs(Double(Float(bitPattern: $0 << 16)) - Double(number))
      }
      #expect(distances[1] <= distances[0] && distances[1] <= distances[2])
    }
  }

  @Test("keeps its value as a float, and is added as one")
  func arithmetic() {
    var halves: [UInt16] = [0x3f80, 0x4380, 0x8000]
    var sums: [UInt16] = [0x4000, 0x4040, 0x8000]
    var floats = [Float](repeating: .nan, count: 3)
    float_from_bfloat16(&halves, &floats, 3)
    #expect(floats == [1, 256, 0] && floats[2].sign == .minus)
    bfloat16_add(&halves, &sums, 3)
    // 256 + 3 lies between 258 and 260.
    #expect(sums == [0x4040, 0x4382, 0x8000])
  }
}
