import FoundationEssentials
import Glibc
public import Logging

/// One line per message on standard error, `key=value` pairs that people and programs can read.
///
/// Under systemd the journal adds the time itself and takes the level from a prefix (sd-daemon(3)).
public struct LogfmtHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  private let isForJournal: Bool

  /// - Parameter environment: `JOURNAL_STREAM` says that the journal reads standard error.
  public init(level: Logger.Level, environment: [String: String]) {
    logLevel = level
    isForJournal = environment["JOURNAL_STREAM"] != nil
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    // One write for one line; a log that cannot be written must not stop a deploy.
    let bytes = Array(line(for: event).utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  func line(for event: LogEvent) -> String {
    var line = isForJournal ? "<\(LogfmtHandler.priority(event.level))>" : "time=\(LogfmtHandler.time()) "
    line += "level=\(event.level.rawValue)"
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let own = event.metadata { fields.merge(own) { $1 } }
    // What happened, then what was said about it, then the rest by name.
    if let name = fields.removeValue(forKey: "event") { line += " event=\(LogfmtHandler.quoted("\(name)"))" }
    line += " msg=\(LogfmtHandler.quoted("\(event.message)"))"
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      line += " \(key)=\(LogfmtHandler.quoted("\(value)"))"
    }
    return line + "\n"
  }

  /// As it is where it is one plain word; otherwise in quotes, with escapes for what could pass for another
  /// line, another field or a terminal's control sequence.
  static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
    }
    if isPlain && !text.isEmpty { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case let scalar where scalar.properties.generalCategory == .control:
        quoted += "\\u{\(String(scalar.value, radix: 16))}"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private static func time() -> String { Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }

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
