import Foundation

extension BinaryInteger {
  /// Returns this many of what `noun` names, such as `1 step` or `2 steps`.
  /// - Parameters:
  ///   - plural: that of a noun that takes more than an `s`.
  ///   - grouped: whether the digits are, such as those of `64,000 images`.
  package func counted(_ noun: String, plural: String? = nil, grouped: Bool = false) -> String {
    "\(grouped ? self.grouped : "\(self)") \(self == 1 ? noun : plural ?? noun + "s")"
  }

  /// The number with commas between groups of three digits, such as `64,000`.
  package var grouped: String {
    let digits = Array("\(magnitude)")
    return digits.indices.reduce(into: self < 0 ? "-" : "") { text, index in
      if index > 0 && (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digits[index])
    }
  }
}

/// Returns a time in two units at most, such as `2 h 05 min`.
package func durationText(_ seconds: Double) -> String {
  let whole = Int(max(0, seconds).rounded())
  return switch whole {
  case ..<60: "\(whole) s"
  case ..<3600: String(format: "%d min %02d s", whole / 60, whole % 60)
  case ..<86_400: String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
  default: String(format: "%d d %02d h", whole / 86_400, whole % 86_400 / 3600)
  }
}

extension Duration {
  /// The duration as `900 s` or `1.5 s`.
  package var inSeconds: String {
    let seconds = self / .seconds(1)
    return seconds == seconds.rounded()
      ? "\(Int(seconds)) s" : "\((seconds * 100).rounded() / 100) s"
  }
}
