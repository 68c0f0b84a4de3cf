/// How a picture that is not square becomes square.
public enum Fit: String, Sendable, CaseIterable, Codable {
  /// Keep the largest square. A wide picture loses as much on the left as on the right; a tall one
  /// loses an eighth of the surplus at the top and the rest at the bottom, because a portrait's
  /// head is near its top.
  case crop
  /// Keep everything and fill up with the background.
  case pad
  /// Keep everything and change the proportions.
  case stretch
}

extension Picture {
  /// The picture as a square.
  ///
  /// - Parameters:
  ///   - side: The square's side in pixels.
  ///   - background: What fills up a padded picture.
  public func resized(to side: Int, fit: Fit, background: RGB = .white) -> Picture {
    switch fit {
    case .stretch:
      return resized(width: side, height: side)
    case .crop:
      let shorter = min(width, height)
      let square = Window(
        top: (height - shorter) / 8, left: (width - shorter) / 2, width: shorter, height: shorter)
      return resampled(square, width: side, height: side)
    case .pad:
      let longer = max(width, height)
      let inner = resized(
        width: max(1, (width * side + longer / 2) / longer),
        height: max(1, (height * side + longer / 2) / longer))
      var square = Picture.filled(with: background, width: side, height: side)
      square.paste(inner, row: (side - inner.height) / 2, column: (side - inner.width) / 2)
      return square
    }
  }

  /// The picture at another size.
  ///
  /// Shrinking takes a weighted mean of all pixels that an output pixel covers, so fine detail does
  /// not turn into false patterns; enlarging interpolates linearly.
  public func resized(width: Int, height: Int) -> Picture {
    let whole = Window(top: 0, left: 0, width: self.width, height: self.height)
    return resampled(whole, width: width, height: height)
  }
}
