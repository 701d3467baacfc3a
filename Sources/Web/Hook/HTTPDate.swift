import Glibc

/// The `Date` header's value (RFC 9110, section 5.6.7), made once a second.
struct HTTPDate {
  private var second: time_t = 0
  private var text = ""

  mutating func now() -> String {
    let now = time(nil)
    if now != second {
      second = now
      text = HTTPDate.text(of: now)
    }
    return text
  }

  static func text(of moment: time_t) -> String {
    var moment = moment
    var parts = tm()
    gmtime_r(&moment, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday)]
    let month = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ][Int(parts.tm_mon)]
    let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    return "\(day), \(two(parts.tm_mday)) \(month) \(1900 + parts.tm_year) \(clock) GMT"
  }
}
