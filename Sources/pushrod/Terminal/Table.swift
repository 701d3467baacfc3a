/// Rows with aligned columns.
struct Table {
  private let head: [String]
  private var rows: [[String]] = []
  private let rightAligned: Set<Int>
  private let whole: Set<Int>

  /// What a column that is shrunk keeps.
  private static let narrowest = 8
  /// The last one often says why.
  private static let narrowestLast = 24

  /// - Parameters:
  ///   - rightAligned: columns of numbers.
  ///   - whole: columns of which a part is of no use, such as times; like numbers, they are not shrunk.
  init(_ head: [String], rightAligned: Set<Int> = [], whole: Set<Int> = []) {
    self.head = head
    self.rightAligned = rightAligned
    self.whole = whole.union(rightAligned)
  }

  /// Cells may be foreign text; they are made safe and put on one line here.
  mutating func add(_ row: [String]) { rows.append(row.map(\.onOneLine)) }

  var isEmpty: Bool { rows.isEmpty }

  /// To standard output, as wide as that is.
  func print() {
    for line in lines(width: Terminal.standardOutput.width) { Output.standard.print(line) }
  }

  /// The lines, with two blanks between columns. Where they would be wider than `width`, the widest columns are shrunk;
  /// where that is not enough, the lines are cut.
  func lines(width: Int?, indent: Int = 0) -> [String] {
    let all = [head] + rows
    let widths = widths(within: width.map { $0 - indent - 2 * (head.count - 1) })
    return all.map { row in
      var line = String(repeating: " ", count: indent)
      for (column, content) in row.enumerated() {
        let cell = content.cut(to: widths[column])
        let gap = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? "" : "  "
        line += rightAligned.contains(column) ? gap + cell : column == row.count - 1 ? cell : cell + gap
      }
      while line.last == " " { line.removeLast() }
      return width.map { line.cut(to: max(2, $0)) } ?? line
    }
  }

  /// What each column needs, or what of it there is room for.
  private func widths(within room: Int?) -> [Int] {
    let all = [head] + rows
    var widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    guard let room else { return widths }
    var excess = widths.reduce(0, +) - room
    while excess > 0, let widest = shrinkable(widths).max(by: { widths[$0] < widths[$1] }) {
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func shrinkable(_ widths: [Int]) -> [Int] {
    head.indices.filter { column in
      let least = column == head.count - 1 ? Table.narrowestLast : Table.narrowest
      return !whole.contains(column) && widths[column] > max(least, head[column].count)
    }
  }
}

extension String {
  /// As it is where it has `width` characters or fewer; else that many, the last of which says that some are missing.
  fileprivate func cut(to width: Int) -> String { count > width ? String(prefix(width - 1)) + "…" : self }
}
