import Model
import Pipelines

/// Reads `limits.disk`: when a disk has too little room.
enum DiskReading {
  static func marks(_ value: Value) -> DiskMarks {
    var marks = DiskMarks()
    guard let fields = value.fields(["warn", "stop"], expected: "a mapping with `warn` and `stop`") else {
      return marks
    }
    if let mark = fields["warn"].flatMap(mark) { marks.warn = mark }
    if let mark = fields["stop"].flatMap(mark) { marks.stop = mark }
    if let warn = fields["warn"], let stop = fields["stop"], isLess(marks.warn, marks.stop) {
      warn.report("`\(warn.path)` is less than `\(stop.path)`, so nobody would be warned")
    }
    return marks
  }

  private static func mark(_ value: Value) -> DiskMark? {
    let expected = "free room such as 2G or 5%"
    guard let text = value.string(expected) else { return nil }
    if text.hasSuffix("%") {
      guard let percent = Double(text.dropLast()), percent >= 0, percent < 100 else {
        value.mismatch(expected, suggestion: "write a number from 0 to 99 before the `%`")
        return nil
      }
      return DiskMark(percent: percent)
    }
    return value.byteCount(in: 0...(1 << 50)).map { DiskMark(bytes: $0) }
  }

  private static func isLess(_ one: DiskMark, _ other: DiskMark) -> Bool {
    if let one = one.bytes, let other = other.bytes { return one < other }
    if let one = one.percent, let other = other.percent { return one < other }
    return false
  }
}
