import Foundation

extension Int {
  /// The number with commas between groups of three digits, such as `64,000`.
  public var grouped: String {
    let digits = Array(String(magnitude))
    return digits.indices.reduce(into: self < 0 ? "-" : "") { text, index in
      if index > 0 && (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digits[index])
    }
  }
}

/// Returns a time in two units at most, such as `2 h 05 min`.
public func durationText(_ seconds: Double) -> String {
  let whole = Int(max(0, seconds).rounded())
  return switch whole {
  case ..<60: "\(whole) s"
  case ..<3600: String(format: "%d min %02d s", whole / 60, whole % 60)
  case ..<86_400: String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
  default: String(format: "%d d %02d h", whole / 86_400, whole % 86_400 / 3600)
  }
}
