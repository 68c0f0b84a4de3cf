import CMPI

extension Float {
  /// The nearest number of bfloat16's precision, ties to even.
  var roundedToBFloat16: Float {
    var (number, half) = (self, UInt16(0))
    bfloat16_from_float(&number, &half, 1)
    float_from_bfloat16(&half, &number, 1)
    return number
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// Rounds every element to the nearest number of bfloat16's precision, ties to even.
  func roundToBFloat16() {
    for index in indices { self[index] = self[index].roundedToBFloat16 }
  }
}
