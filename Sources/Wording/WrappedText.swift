extension String {
  /// Returns the words of this text in lines of at most `columns` characters, but for words that
  /// are longer by themselves.
  package func wrapped(to columns: Int) -> String {
    var lines: [String] = []
    for word in split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= columns {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}
