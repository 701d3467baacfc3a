/// A place in the whole log of a run, as people's programs keep it to go on from: `E.S`.
///
/// `events` is the byte of `events.jsonl` up to which everything was delivered; `log` the byte of the log of
/// the step that is open there.
public struct LogPosition: Sendable, Hashable, CustomStringConvertible {
  public var events: Int
  public var log: Int

  public init(events: Int, log: Int) {
    self.events = events
    self.log = log
  }

  /// The beginning of the run.
  public static let start = LogPosition(events: 0, log: 0)

  /// - Returns: `nil` unless `text` is two plain decimal numbers with a dot between them.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ (1...18).contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let events = Int(parts[0]), let log = Int(parts[1])
    else { return nil }
    self.init(events: events, log: log)
  }

  public var description: String { "\(events).\(log)" }
}
