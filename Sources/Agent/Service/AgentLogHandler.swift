import Glibc
public import Logging

/// One line per message on standard error, that people and programs can read.
///
/// Where the journal reads standard error it adds the time itself, and takes the level from a prefix (sd-daemon(3)).
public struct AgentLogHandler: LogHandler {
  /// How a line is written.
  public enum Format: String, Sendable, CaseIterable {
    /// `key=value` pairs.
    case logfmt
    /// One JSON object.
    case json
    /// JSON where a program collects the lines through a pipe, as with containers; else `logfmt`.
    case auto
  }

  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  private let isJSON: Bool
  private let isForJournal: Bool

  /// - Parameter environment: `JOURNAL_STREAM` says which of its streams the journal reads.
  public init(level: Logger.Level, format: Format = .logfmt, environment: [String: String]) {
    var status = stat()
    let isKnown = fstat(STDERR_FILENO, &status) == 0
    let isPipe = isKnown && status.st_mode & S_IFMT == S_IFIFO
    self.init(
      level: level, isJSON: format == .json || format == .auto && isPipe,
      isForJournal: isKnown && environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)")
  }

  init(level: Logger.Level, isJSON: Bool, isForJournal: Bool) {
    logLevel = level
    self.isJSON = isJSON
    self.isForJournal = isForJournal
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let stream = LogStream.standardError
    if case let lost = stream.takeLost(), lost > 0 {
      let words = "\(lost) lines of this log were dropped: whoever reads it did not"
      stream.write(
        line(
          [
            ("time", LogTime.now()), ("level", "warning"), ("event", "log_lines_lost"), ("msg", words),
            ("lines", "\(lost)"),
          ]
          .filter { !isForJournal || $0.0 != "time" }, level: .warning))
    }
    stream.write(line(for: event))
  }

  /// Returns when all that was logged is written, or cannot be.
  public static func flush() { LogStream.standardError.flush() }

  func line(for event: LogEvent) -> [UInt8] { line(fields(of: event), level: event.level) }

  private func line(_ fields: [(key: String, value: String)], level: Logger.Level) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(256)
    if isForJournal { line += "<\(AgentLogHandler.priority(level))>".utf8 }
    if isJSON { JSONLine.append(fields, to: &line) } else { LogfmtLine.append(fields, to: &line) }
    line.append(0x0a)
    return line
  }

  /// When, how grave, what happened, what was said about it, and then the rest by name.
  private func fields(of event: LogEvent) -> [(key: String, value: String)] {
    var named = metadata
    if let provided = metadataProvider?.get() { named.merge(provided) { $1 } }
    if let own = event.metadata { named.merge(own) { $1 } }
    var fields: [(key: String, value: String)] = []
    if !isForJournal { fields.append(("time", LogTime.now())) }
    fields.append(("level", event.level.rawValue))
    if let name = named.removeValue(forKey: "event") { fields.append(("event", name.description)) }
    fields.append(("msg", event.message.description))
    for (key, value) in named.sorted(by: { $0.key < $1.key }) { fields.append((key, value.description)) }
    return fields
  }

  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
