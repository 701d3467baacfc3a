import Glibc
public import Pipelines

extension Configuration {
  /// The file that a command without `--config` uses: `PUSHROD_CONFIG`, else /etc/pushrod/pushrod.yml, else
  /// ./pushrod.yml.
  ///
  /// - Parameter explicit: the value of `--config`; it is taken as it is.
  /// - Throws: where there is none of them, with what to do.
  public static func find(
    explicit: String?, environment: [String: String] = [:]
  ) throws(Diagnostics) -> String {
    if let explicit { return explicit }
    if let named = environment["PUSHROD_CONFIG"], !named.isEmpty { return named }
    for candidate in [systemFile, "pushrod.yml"] where access(candidate, F_OK) == 0 { return candidate }
    throw Diagnostics(
      file: "pushrod.yml", "there is no configuration: neither \(systemFile) nor ./pushrod.yml exists",
      suggestion: "write one with `pushrod init`, or name yours with --config FILE")
  }

  /// The agent's socket, for a command line that need not be allowed to read secrets: the flag, else
  /// `PUSHROD_SOCKET`, else what the configuration says, else the packages' default.
  ///
  /// A configuration that is broken or unreadable for this user falls back to the default of its place.
  ///
  /// - Throws: where the configuration is asked for, and one was named that does not exist.
  public static func socketPath(
    flag: String? = nil, config: String? = nil, environment: [String: String]
  ) throws(Diagnostics) -> String {
    if let said = Overrides(socket: flag).said(.socket, environment: environment) {
      return FilePath.absolute(said.text, from: FilePath.workingFolder)
    }
    try checkNamed(config, environment: environment)
    guard let file = try? find(explicit: config, environment: environment) else { return systemSocket }
    let paths = PathDefaults(configurationFile: file)
    let dataOverride = Overrides().said(.data, environment: environment)
      .map { FilePath.absolute($0.text, from: FilePath.workingFolder) }
    guard let bytes = try? FileReading.bytes(of: file, atMost: Document.Limits().bytes).get(),
      let document = try? Document.parse(bytes, file: file), case .mapping(let entries) = document.root.content
    else { return paths.socket(data: dataOverride ?? paths.data) }
    func text(_ key: String) -> String? {
      guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull,
        case .scalar(let text, _) = value.content
      else { return nil }
      return FilePath.absolute(text, from: paths.folder)
    }
    return text("socket") ?? paths.socket(data: dataOverride ?? text("data") ?? paths.data)
  }

  /// Not for want of rights: the packages' folder is closed to people who may use the socket.
  private static func checkNamed(_ explicit: String?, environment: [String: String]) throws(Diagnostics) {
    let variable = environment["PUSHROD_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    guard let file = explicit ?? variable, access(file, F_OK) != 0, errno == ENOENT || errno == ENOTDIR else { return }
    throw Diagnostics(
      file: file, "the configuration does not exist",
      suggestion: "\(explicit == nil ? "PUSHROD_CONFIG" : "--config") names it")
  }
}
