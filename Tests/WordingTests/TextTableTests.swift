import Testing
import Wording

@Suite("tables and paragraphs of text")
struct TextTableTests {
  @Test("have words to the left and numbers to the right")
  func numbers() {
    var table = TextTable(["pass", "ms", "ratio"])
    table.append(["output", "1.25", "2.0"])
    table.append(["Σ", "10.50", "12.0"])
    #expect(
      "\(table)" == """
        pass       ms  ratio
        output   1.25    2.0
        Σ       10.50   12.0
        """)
  }

  @Test("have no blanks at the ends of lines, also where the last column has words or nothing")
  func words() {
    var table = TextTable(["", "count", "from"], wordColumns: [0, 2])
    table.append(["images", "12", "two halves"])
    table.append(["pairs", "3", ""])
    #expect(
      "\(table)" == """
                count  from
        images     12  two halves
        pairs       3
        """)
  }

  @Test("have lines that are full, and none longer than what one word needs")
  func wrapping() {
    #expect("one two three four".wrapped(to: 9) == "one two\nthree\nfour")
    #expect("one two three four".wrapped(to: 10) == "one two\nthree four")
    #expect("a longer-than-that word".wrapped(to: 6) == "a\nlonger-than-that\nword")
    #expect("".wrapped(to: 6) == "")
  }
}
