/// Rows with aligned columns.
struct Table {
  private let head: [String]
  private var rows: [[String]] = []
  private let rightAligned: Set<Int>

  /// - Parameter rightAligned: columns of numbers.
  init(_ head: [String], rightAligned: Set<Int> = []) {
    self.head = head
    self.rightAligned = rightAligned
  }

  /// Cells may be foreign text; they are made safe and put on one line here.
  mutating func add(_ row: [String]) { rows.append(row.map(\.onOneLine)) }

  var isEmpty: Bool { rows.isEmpty }

  /// To standard output, as wide as that is.
  func print() {
    for line in lines(width: Terminal.standardOutput.width) { Output.standard.print(line) }
  }

  /// The lines, with two blanks between columns. Where `width` says so, the last column is cut.
  func lines(width: Int?, indent: Int = 0) -> [String] {
    let all = [head] + rows
    let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = String(repeating: " ", count: indent)
      for (column, cell) in row.enumerated() {
        let gap = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? "" : "  "
        line += rightAligned.contains(column) ? gap + cell : column == row.count - 1 ? cell : cell + gap
      }
      while line.last == " " { line.removeLast() }
      if let width, line.count > width { line = line.prefix(max(1, width - 1)) + "…" }
      return line
    }
  }
}
