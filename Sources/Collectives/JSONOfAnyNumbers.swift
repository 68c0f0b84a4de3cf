import Foundation

// JSON cannot represent infinities or NaN; they are written as words.

extension JSONEncoder {
  /// Returns an encoder of any numbers.
  package static func ofAnyNumbers(
    formatting: OutputFormatting = []
  ) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

extension JSONDecoder {
  /// Returns a decoder of any numbers.
  package static func ofAnyNumbers() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}
