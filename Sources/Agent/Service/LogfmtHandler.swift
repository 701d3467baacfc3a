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
    let bytes = line(for: event)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  func line(for event: LogEvent) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(256)
    if isForJournal {
      line += "<\(LogfmtHandler.priority(event.level))>".utf8
    } else {
      line += "time=".utf8
      LogTime.append(to: &line)
      line.append(0x20)
    }
    line += "level=".utf8
    line += event.level.rawValue.utf8
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let own = event.metadata { fields.merge(own) { $1 } }
    // What happened, then what was said about it, then the rest by name.
    if let name = fields.removeValue(forKey: "event") { LogfmtHandler.append("event", "\(name)", to: &line) }
    LogfmtHandler.append("msg", event.message.description, to: &line)
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      LogfmtHandler.append(key, value.description, to: &line)
    }
    line.append(0x0a)
    return line
  }

  private static func append(_ key: String, _ value: String, to line: inout [UInt8]) {
    line.append(0x20)
    line += key.utf8
    line.append(UInt8(ascii: "="))
    appendQuoted(value, to: &line)
  }

  /// As it is where it is one plain word; otherwise in quotes, with escapes for what could pass for another
  /// line, another field or a terminal's control sequence.
  static func appendQuoted(_ text: String, to line: inout [UInt8]) {
    let isPlain = text.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
    }
    if isPlain && !text.isEmpty {
      line += text.utf8
      return
    }
    line.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5c: line += [UInt8(ascii: "\\"), UInt8(scalar.value)]
      case 0x0a: line += "\\n".utf8
      case 0x09: line += "\\t".utf8
      case 0..<0x20, 0x7f..<0xa0: line += "\\u{\(String(scalar.value, radix: 16))}".utf8
      default: line += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      }
    }
    line.append(UInt8(ascii: "\""))
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
