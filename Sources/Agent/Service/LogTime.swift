import Glibc

/// The time of a log line: `2026-11-23T12:46:00.123Z`, made without a formatter.
enum LogTime {
  static func now() -> String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  static func append(to line: inout [UInt8]) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    append(Int(parts.tm_year) + 1900, 4, UInt8(ascii: "-"), &line)
    append(Int(parts.tm_mon) + 1, 2, UInt8(ascii: "-"), &line)
    append(Int(parts.tm_mday), 2, UInt8(ascii: "T"), &line)
    append(Int(parts.tm_hour), 2, UInt8(ascii: ":"), &line)
    append(Int(parts.tm_min), 2, UInt8(ascii: ":"), &line)
    append(Int(parts.tm_sec), 2, UInt8(ascii: "."), &line)
    append(now.tv_nsec / 1_000_000, 3, UInt8(ascii: "Z"), &line)
  }

  private static func append(_ number: Int, _ digits: Int, _ end: UInt8, _ line: inout [UInt8]) {
    var divisor = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      line.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
    line.append(end)
  }
}
