import Pictures
import Testing

@Suite("Resizing")
struct ResizingTests {
  @Test(
    "noise at another size is what Pillow's bilinear filter makes of it",
    arguments: [
      (53, 37, 16, 16), (53, 37, 29, 31), (53, 37, 53, 10), (53, 37, 20, 40), (9, 7, 25, 17),
    ])
  func filter(width: Int, height: Int, newWidth: Int, newHeight: Int) throws {
    let resized = noise(width: width, height: height).resized(width: newWidth, height: newHeight)
    #expect(resized.width == newWidth && resized.height == newHeight)
    let expected = try fixture("resize-\(width)x\(height)-\(newWidth)x\(newHeight).rgb")
    // Pillow rounds once more, between the two axes.
    let difference = largestDifference(resized.pixels, expected)
    #expect(difference.map { $0 <= 1 } == true, "\(difference as Any)")
  }

  @Test("the same size gives the same pixels")
  func identity() {
    let original = noise(width: 31, height: 17)
    #expect(original.resized(width: 31, height: 17) == original)
  }

  @Test("one colour stays that colour at any size")
  func constant() {
    let color = RGB(red: 255, green: 1, blue: 254)
    let original = Picture.filled(with: color, width: 37, height: 91)
    for side in [1, 2, 36, 64, 200] {
      let expected = Picture.filled(with: color, width: side, height: side)
      #expect(original.resized(to: side, fit: .stretch) == expected)
      #expect(original.resized(to: side, fit: .crop) == expected)
    }
  }

  @Test("fine stripes shrink to their mean, not to a false pattern")
  func antialiasing() {
    let stripes = picture(width: 640, height: 8) { _, column in
      column.isMultiple(of: 2) ? .black : .white
    }
    let shrunk = stripes.resized(width: 61, height: 8)
    #expect(shrunk.pixels.allSatisfy { (121...134).contains($0) })
  }

  @Test("cropping keeps the middle of a wide picture and nearly the top of a tall one")
  func crop() {
    let wide = picture(width: 60, height: 20) { _, column in
      (20..<40).contains(column) ? .white : .black
    }
    #expect(wide.resized(to: 20, fit: .crop) == .filled(with: .white, width: 20, height: 20))

    let tall = picture(width: 16, height: 80) { row, _ in
      (8..<24).contains(row) ? .white : .black
    }
    #expect(tall.resized(to: 16, fit: .crop) == .filled(with: .white, width: 16, height: 16))
    #expect(tall.resized(to: 5, fit: .crop) == .filled(with: .white, width: 5, height: 5))
  }

  @Test("padding keeps the proportions and centres the picture on the background")
  func pad() {
    let color = RGB(red: 10, green: 20, blue: 30)
    let wide = Picture.filled(with: color, width: 60, height: 30)
    let padded = wide.resized(to: 20, fit: .pad, background: .grey)
    let expected = picture(width: 20, height: 20) { row, _ in
      (5..<15).contains(row) ? color : .grey
    }
    #expect(padded == expected)
    let line = Picture.filled(with: color, width: 5000, height: 1)
    #expect(line.resized(to: 8, fit: .pad).pixels.count == 8 * 8 * 3)
  }
}
