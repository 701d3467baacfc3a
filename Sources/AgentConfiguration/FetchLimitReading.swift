import Model
import Pipelines

/// Reads `limits.fetch`: how long a remote may keep a fetch waiting, how often it is asked, how much it may send.
enum FetchLimitReading {
  static let keys = ["connect", "first_byte", "stall", "total", "attempts", "bytes", "memory"]

  /// `total` and the older `limits.fetch_timeout` are one thing.
  static func limits(_ all: Fields, _ limits: inout Configuration.Limits) {
    guard let value = all["fetch"], let fields = value.fields(keys) else { return }
    if let time = fields["connect"]?.duration(atMost: 600) { limits.fetch.connect = time }
    if let time = fields["first_byte"]?.duration(atMost: 3600) { limits.fetch.firstByte = time }
    if let time = fields["stall"]?.duration(atMost: 3600) { limits.fetch.stall = time }
    if let count = fields["attempts"]?.integer(in: 1...20) { limits.fetch.attempts = count }
    if let bytes = fields["bytes"]?.byteCount(in: 1024...(1 << 50)) { limits.fetch.bytes = bytes }
    if let bytes = fields["memory"]?.byteCount(in: (128 << 20)...(1 << 40)) { limits.fetch.memory = bytes }
    guard let total = fields["total"], let time = total.duration(atMost: 86_400) else { return }
    if all.contains("fetch_timeout") {
      total.report(
        "`limits.fetch.total` and `limits.fetch_timeout` say the same thing twice",
        suggestion: "take `fetch_timeout` out")
    }
    limits.fetchTimeout = time
  }
}
