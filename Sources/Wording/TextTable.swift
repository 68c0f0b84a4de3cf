/// A table in lines of text, its columns aligned.
package struct TextTable: CustomStringConvertible {
  private let header: [String]
  private var rows: [[String]] = []
  /// The columns that hold words, which are aligned to the left; the others hold numbers.
  private let wordColumns: Set<Int>

  package init(_ header: [String], wordColumns: Set<Int> = [0]) {
    self.header = header
    self.wordColumns = wordColumns
  }

  package mutating func append(_ row: [String]) {
    precondition(row.count == header.count, "\(row.count) cells for \(header.count) columns")
    rows.append(row)
  }

  package var description: String {
    let lines = [header] + rows
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      let cells = zip(line, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return wordColumns.contains(column) ? cell.0 + padding : padding + cell.0
      }
      let text = cells.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
