import struct FoundationEssentials.Date

/// Times are kept as whole milliseconds since 1970: exact, sortable, and what JSON shows.
enum StoredTime {
  static func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1000).rounded()) }

  static func date(_ milliseconds: Int64) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
