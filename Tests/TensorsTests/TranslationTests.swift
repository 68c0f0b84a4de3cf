import Tensors
import Testing

@Suite("Translation")
struct TranslationTests {
  static let offsets = [
    PixelOffset(down: 1, right: -2), PixelOffset(down: -2, right: 1),
    PixelOffset(down: 0, right: 0), PixelOffset(down: 3, right: 0),
    PixelOffset(down: -9, right: 0), PixelOffset(down: 1, right: 9),
  ]

  @Test("each picture moves by its own offset, and zeros come in")
  func moves() {
    let (height, width, channels) = (3, 4, 2)
    let x = probe([Self.offsets.count, height, width, channels], 1)
    let values = x.scalars
    let moved = x.translated(by: Self.offsets).scalars
    for place in moved.indices {
      let (image, y, column) = (
        place / (height * width * channels), place / (width * channels) % height,
        place / channels % width
      )
      let (fromY, fromX) = (y - Self.offsets[image].down, column - Self.offsets[image].right)
      let isInside = (0..<height).contains(fromY) && (0..<width).contains(fromX)
      let expected =
        isInside
        ? values[((image * height + fromY) * width + fromX) * channels + place % channels] : 0
      #expect(moved[place] == expected)
    }
  }

  @Test("gradients are right")
  func gradients() {
    checkGradients(at: [probe([6, 3, 4, 2], 1)]) { $0[0].translated(by: Self.offsets) }
  }
}
