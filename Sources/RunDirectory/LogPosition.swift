/// A place in the whole log of a run, as people's programs keep it to go on from: `E.L`, or `E.S-L.S-L` while several steps
/// are under way.
///
/// `events` is the byte of `events.jsonl` up to which everything was delivered; `log` the byte of the log of the step that
/// is open there, `logs` those of several open steps, by their numbers.
public struct LogPosition: Sendable, Hashable, CustomStringConvertible {
  public var events: Int
  /// 0 where several steps are open.
  public var log: Int
  /// Empty unless several steps are open.
  public var logs: [Int: Int]

  public init(events: Int, log: Int, logs: [Int: Int] = [:]) {
    self.events = events
    self.log = log
    self.logs = logs
  }

  /// The beginning of the run.
  public static let start = LogPosition(events: 0, log: 0)

  /// More steps than may be under way.
  private static let mostSteps = 100

  /// - Returns: `nil` unless `text` is two plain decimal numbers with a dot between them, or one and after each further
  ///   dot two with a `-` between them.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (2...LogPosition.mostSteps).contains(parts.count), let events = LogPosition.number(parts[0]) else {
      return nil
    }
    if parts.count == 2, let log = LogPosition.number(parts[1]) {
      self.init(events: events, log: log)
      return
    }
    var logs: [Int: Int] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: "-", omittingEmptySubsequences: false)
      guard pair.count == 2, let step = LogPosition.number(pair[0]), let log = LogPosition.number(pair[1]),
        logs.updateValue(log, forKey: step) == nil
      else { return nil }
    }
    self.init(events: events, log: 0, logs: logs)
  }

  private static func number(_ text: Substring) -> Int? {
    guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
  }

  public var description: String {
    guard !logs.isEmpty else { return "\(events).\(log)" }
    return "\(events)" + logs.sorted { $0.key < $1.key }.map { ".\($0.key)-\($0.value)" }.joined()
  }
}
