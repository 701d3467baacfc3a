/// Amounts of data for people.
enum ByteCount {
  /// `870 B`, `3.1 KiB`, `12 MiB`.
  static func words(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = 0
    while value >= 1023.5, unit < 4 {
      value /= 1024
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    let number = unit == 0 || tenths >= 100 ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)"
    return number + [" B", " KiB", " MiB", " GiB", " TiB"][unit]
  }
}
