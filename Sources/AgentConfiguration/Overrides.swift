/// Settings from flags. They win over `PUSHROD_…` variables, and those over the file.
public struct Overrides: Sendable, Hashable {
  public var listen: String?
  public var data: String?
  public var socket: String?
  public var pipelines: String?
  public var publicURL: String?
  public var parallelRuns: String?
  public var logFormat: String?
  public var logLevel: String?

  public init(
    listen: String? = nil, data: String? = nil, socket: String? = nil, pipelines: String? = nil,
    publicURL: String? = nil, parallelRuns: String? = nil, logFormat: String? = nil, logLevel: String? = nil
  ) {
    self.listen = listen
    self.data = data
    self.socket = socket
    self.pipelines = pipelines
    self.publicURL = publicURL
    self.parallelRuns = parallelRuns
    self.logFormat = logFormat
    self.logLevel = logLevel
  }

  /// One setting that is said outside the file, and where.
  struct Said {
    var text: String
    /// `--listen` or `PUSHROD_LISTEN`.
    var origin: String
  }

  /// A setting that a flag and a variable can override.
  enum Setting: String, CaseIterable {
    case listen = "LISTEN"
    case data = "DATA"
    case socket = "SOCKET"
    case pipelines = "PIPELINES"
    case publicURL = "PUBLIC_URL"
    case parallelRuns = "RUNS_PARALLEL"
    case logFormat = "LOG_FORMAT"
    case logLevel = "LOG_LEVEL"
  }

  /// The flag's value, else the variable's; an empty variable counts as not set.
  func said(_ setting: Setting, environment: [String: String]) -> Said? {
    let flag: (text: String?, name: String) =
      switch setting {
      case .listen: (listen, "--listen")
      case .data: (data, "--data")
      case .socket: (socket, "--socket")
      case .pipelines: (pipelines, "--pipelines")
      case .publicURL: (publicURL, "--public-url")
      case .parallelRuns: (parallelRuns, "--runs-parallel")
      case .logFormat: (logFormat, "--log-format")
      case .logLevel: (logLevel, "--log-level")
      }
    if let text = flag.text { return Said(text: text, origin: flag.name) }
    let variable = "PUSHROD_" + setting.rawValue
    guard let text = environment[variable], !text.isEmpty else { return nil }
    return Said(text: text, origin: variable)
  }
}
