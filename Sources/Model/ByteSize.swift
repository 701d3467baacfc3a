/// Amounts of data as people say them.
public enum ByteSize {
  /// `512 B`, `3.8 KB`, `25 MB`: powers of 1024.
  public static func words(_ bytes: Int) -> String {
    var value = Double(bytes)
    var units = ["B", "KB", "MB", "GB", "TB"][...]
    while value >= 1023.95, units.count > 1 {
      value /= 1024
      units = units.dropFirst()
    }
    let tenths = Int((value * 10).rounded())
    let number = tenths % 10 == 0 || value >= 99.95 ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)"
    return "\(number) \(units.first ?? "B")"
  }
}
