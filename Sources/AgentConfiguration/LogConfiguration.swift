/// How the agent's own log is written.
public struct LogConfiguration: Hashable, Sendable {
  static let formats = ["logfmt", "json", "auto"]
  static let levels = ["trace", "debug", "info", "notice", "warning", "error"]

  /// `logfmt`, `json` or `auto`.
  public var format: String
  /// The least grave that is written: `trace`, `debug`, `info`, `notice`, `warning` or `error`.
  public var level: String

  public init(format: String = "logfmt", level: String = "info") {
    self.format = format
    self.level = level
  }
}
