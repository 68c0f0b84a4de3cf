import Foundation
import Pictures
import Testing

@Suite("Colours as text")
struct RGBTests {
  @Test("names and hexadecimal digits are understood in any case")
  func parsing() {
    #expect(RGB("white") == RGB(red: 255, green: 255, blue: 255))
    #expect(RGB("Black") == RGB(red: 0, green: 0, blue: 0))
    #expect(RGB("gray") == RGB("grey"))
    #expect(RGB("#0aFf80") == RGB(red: 10, green: 255, blue: 128))
  }

  @Test(
    "what is no colour is refused",
    arguments: ["", "#", "#fff", "#12345g", "123456", "##12345", "#1234567", "mauve"])
  func refusal(text: String) {
    #expect(RGB(text) == nil)
  }

  @Test("a colour is written as it can be read", arguments: ["white", "black", "grey", "#0aff80"])
  func description(text: String) throws {
    let color = try #require(RGB(text))
    #expect(color.description == text)
    let encoded = try JSONEncoder().encode([color])
    #expect(String(decoding: encoded, as: UTF8.self) == "[\"\(text)\"]")
    #expect(try JSONDecoder().decode([RGB].self, from: encoded) == [color])
  }

  @Test("a configuration file with a bad colour says what to write")
  func decodingError() throws {
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([RGB].self, from: Data("[\"mauve\"]".utf8))
    }
    #expect("\(error as Any)".contains("write white, black, grey or #rrggbb"))
  }
}
