import Model
import Pipelines

/// The keys of the configuration file, from top to bottom.
struct ConfigurationReading {
  static let keys = [
    "listen", "api", "data", "socket", "pipelines", "public_url", "sources", "repositories", "remotes", "runs",
    "secrets", "limits", "inbox", "mirrors", "allow_literal_secrets", "tls", "insecure_http", "trusted_proxies",
    "proxy_protocol", "compare_tips", "log", "secrets_folder", "cache",
  ]
  static let limitKeys =
    ["body", "header_timeout", "body_timeout", "fetch_timeout", "fetch", "tree_entries", "tree_bytes", "disk"]
    + DoorReading.limitKeys

  private let file: String
  private let overrides: Overrides
  private let environment: [String: String]
  private let secretUse: Configuration.SecretUse
  private let paths: PathDefaults
  /// Mistakes in flags and variables, which have no place in the file.
  private(set) var overrideMistakes: [Diagnostic] = []

  init(
    file: String, overrides: Overrides, environment: [String: String], secretUse: Configuration.SecretUse
  ) {
    self.file = file
    self.overrides = overrides
    self.environment = environment
    self.secretUse = secretUse
    paths = PathDefaults(configurationFile: file)
  }

  mutating func configuration(_ root: Value) -> Configuration? {
    guard let fields = root.fields(ConfigurationReading.keys, expected: "a mapping with `sources`, …") else {
      return nil
    }
    let secrets = SecretReading(
      folder: paths.folder, environment: environment, use: secretUse, unread: UnreadSecrets(), files: SecretFiles(),
      allowsLiterals: fields["allow_literal_secrets"]?.bool() ?? false)
    let data = path(.data, fields["data"]) ?? paths.data
    let runs = fields["runs"].flatMap { $0.fields(["parallel", "data", "launcher", "keep"]) }
    let listen = listen(fields["listen"])
    let door = DoorReading(folder: paths.folder)
    let tls = fields["tls"].flatMap(door.tls)
    let mayBePublic = (fields["insecure_http"]?.bool() ?? false) || fields.contains("tls")
    let proxies = fields["trusted_proxies"].map(door.proxies) ?? []
    let speaksProxyProtocol = fields["proxy_protocol"].map {
      door.proxyProtocol($0, proxies: fields["trusted_proxies"])
    }
    if !mayBePublic { checkPlainHTTP(listen, fields) }
    let socket = socket(fields["socket"], data: data)
    let pipelines = path(.pipelines, fields["pipelines"]) ?? paths.pipelines
    let publicURL = publicURL(fields["public_url"])
    let parallel = parallelRuns(runs?["parallel"])
    let runnerData = runs?["data"].flatMap { absolute($0) } ?? data
    let launcher: Configuration.Launcher = runs?["launcher"].flatMap { self.launcher($0) } ?? .spawn
    let sourceReading = SourceReading(
      secrets: secrets, folder: paths.folder, hasPublicURL: publicURL != nil || fields.contains("public_url"))
    let sources = fields["sources"].map(sourceReading.sources) ?? []
    let repositories = RepositoryReading(secrets: secrets, folder: paths.folder)
    let credentials = fields["repositories"].map(repositories.credentials) ?? []
    let schemes = fields["remotes"].map(repositories.schemes) ?? [.https, .ssh]
    var pipelineSecrets = fields["secrets"].map(secrets.pipelineSecrets) ?? PipelineSecrets()
    let secretsFolder = SecretsFolder(fields["secrets_folder"].flatMap { absolute($0) } ?? paths.secrets)
    secretsFolder.add(to: &pipelineSecrets, secrets, at: fields["secrets_folder"], configuration: file)
    overrideMistakes += pipelineSecrets.mistakes
    let limits = fields["limits"].map { self.limits($0) } ?? Configuration.Limits()
    let compareTips = fields["compare_tips"].map(TipsReading.interval) ?? TipsReading.usual
    let mirrors = fields["mirrors"].map(MirrorReading.care) ?? MirrorCare()
    let runRetention = RunRetention().with(runs?["keep"].flatMap(KeepReading.keep))
    let log = log(fields["log"])
    let inbox = fields["inbox"].map(InboxReading.retention) ?? InboxRetention()
    return Configuration(
      file: FilePath.absolute(file, from: FilePath.workingFolder), listen: listen,
      api: fields["api"].flatMap(APIReading(hookAddress: listen, mayBePublic: mayBePublic).api), tls: tls,
      plainMayBePublic: mayBePublic, trustedProxies: proxies, speaksProxyProtocol: speaksProxyProtocol ?? false,
      data: data, runnerData: runnerData, socket: socket, pipelinesFolder: pipelines, publicURL: publicURL,
      sources: sources, credentials: credentials, allowedSchemes: schemes, secrets: pipelineSecrets.values,
      secretNames: pipelineSecrets.names, knowsAllSecretNames: pipelineSecrets.isComplete,
      unreadSecrets: secrets.unread.descriptions, unreadRepositories: secrets.unread.patterns,
      secretFiles: secrets.files.paths, parallelRuns: parallel,
      launcher: launcher, limits: limits, inbox: inbox, compareTips: compareTips, mirrors: mirrors,
      cacheSize: fields["cache"].flatMap(CacheConfigurationReading.size) ?? CacheConfigurationReading.usualSize,
      runRetention: runRetention, log: log)
  }
}

/// Settings that flags and variables can override.
extension ConfigurationReading {
  /// What counts: the override, where there is one. What the file says is checked all the same.
  private mutating func setting<T>(
    _ setting: Overrides.Setting, _ value: Value?, expected: String, suggestion: String? = nil,
    read: (String) -> T?
  ) -> T? {
    var result: T?
    if let value, let text = value.string(expected) {
      result = read(text)
      if result == nil { value.mismatch(expected, suggestion: suggestion) }
    }
    guard let said = overrides.said(setting, environment: environment) else { return result }
    result = read(said.text)
    if result == nil {
      overrideMistakes.append(
        Diagnostic(
          file: said.origin, message: "\(said.origin) must be \(expected), not `\(said.text.shown())`",
          suggestion: suggestion))
    }
    return result
  }

  private mutating func listen(_ value: Value?) -> ListenAddress {
    setting(
      .listen, value, expected: "an address and a port", suggestion: "write it as 127.0.0.1:8700 or [::1]:8700",
      read: { ListenAddress($0) }) ?? ListenAddress(host: "127.0.0.1", port: 8700)
  }

  /// A body that travels in the clear can be read, and a bearer token taken, by everybody on the way.
  private mutating func checkPlainHTTP(_ listen: ListenAddress, _ fields: Fields) {
    guard !listen.isLoopback else { return }
    let message = "`listen` is \(listen), which others reach, and what they send would travel unencrypted"
    let suggestion =
      "set `tls` to a certificate and key, or listen on 127.0.0.1 behind a proxy that has them, or say "
      + "`insecure_http: true`"
    if let said = overrides.said(.listen, environment: environment) {
      overrideMistakes.append(Diagnostic(file: said.origin, message: message, suggestion: suggestion))
    } else {
      fields["listen"]?.report(message, suggestion: suggestion)
    }
  }

  /// Paths in the file start at the file's folder, those of flags and variables at the working folder.
  private mutating func path(_ setting: Overrides.Setting, _ value: Value?) -> String? {
    let inFile = value.flatMap { absolute($0) }
    guard let said = overrides.said(setting, environment: environment) else { return inFile }
    return FilePath.absolute(said.text, from: FilePath.workingFolder)
  }

  private func absolute(_ value: Value) -> String? {
    guard let text = value.string("a path") else { return nil }
    guard !text.isEmpty, text.utf8.count <= 1024 else {
      value.mismatch("a path")
      return nil
    }
    return FilePath.absolute(text, from: paths.folder)
  }

  private mutating func socket(_ value: Value?, data: String) -> String {
    let path = path(.socket, value) ?? paths.socket(data: data)
    guard path.utf8.count > ConfigurationReading.longestSocketPath else { return path }
    let message =
      "the socket's path has \(path.utf8.count) bytes, and the system allows \(ConfigurationReading.longestSocketPath): \(path.shown(limit: 200))"
    let suggestion = "set `socket` to a shorter path"
    if let value, overrides.said(.socket, environment: environment) == nil {
      value.report(message, suggestion: suggestion)
    } else {
      overrideMistakes.append(Diagnostic(file: file, message: message, suggestion: suggestion))
    }
    return path
  }

  /// `sockaddr_un.sun_path` without its final NUL (unix(7)).
  static let longestSocketPath = 107

  private mutating func publicURL(_ value: Value?) -> String? {
    setting(
      .publicURL, value, expected: "an http or https address",
      suggestion: "write it as https://deploy.example.com, without a path of the webhook"
    ) { text in
      let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
      guard let first = rest.first, first != "/", !rest.contains("@"), !rest.contains("?"), !rest.contains("#"),
        text.utf8.count <= 500, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
      else { return nil }
      var url = text
      while url.hasSuffix("/") { url.removeLast() }
      return url
    }
  }

  private mutating func log(_ value: Value?) -> LogConfiguration {
    let fields = value.flatMap { $0.fields(["format", "level"]) }
    var log = LogConfiguration()
    let format = setting(.logFormat, fields?["format"], expected: "logfmt, json or auto") { text in
      LogConfiguration.formats.contains(text) ? text : nil
    }
    let levels = LogConfiguration.levels.joined(separator: ", ")
    let level = setting(.logLevel, fields?["level"], expected: "one of \(levels)") { text in
      LogConfiguration.levels.contains(text) ? text : nil
    }
    if let format { log.format = format }
    if let level { log.level = level }
    return log
  }

  private mutating func parallelRuns(_ value: Value?) -> Int {
    setting(.parallelRuns, value, expected: "a whole number from 1 to 256") { text in
      Int(text).flatMap { (1...256).contains($0) ? $0 : nil }
    } ?? 4
  }
}

/// Settings of the file alone.
extension ConfigurationReading {
  private func launcher(_ value: Value) -> Configuration.Launcher? {
    let expected = "`spawn`, or {socket: PATH}"
    if case .mapping = value.node.content {
      guard let fields = value.fields(["socket"]) else { return nil }
      guard let socket = fields["socket"] else {
        value.mismatch(expected)
        return nil
      }
      guard let path = absolute(socket) else { return nil }
      guard path.utf8.count <= ConfigurationReading.longestSocketPath else {
        socket.report(
          "the socket's path is longer than the \(ConfigurationReading.longestSocketPath) bytes that the system allows")
        return nil
      }
      return .socket(path)
    }
    guard let text = value.string(expected) else { return nil }
    guard text == "spawn" else {
      value.mismatch(expected)
      return nil
    }
    return .spawn
  }

  private func limits(_ value: Value) -> Configuration.Limits {
    var limits = Configuration.Limits()
    guard let fields = value.fields(ConfigurationReading.limitKeys) else { return limits }
    if let body = fields["body"]?.byteCount(in: 1024...(64 << 20)) { limits.body = body }
    if let time = fields["header_timeout"]?.duration(atMost: 300) { limits.headerTimeout = time }
    if let time = fields["body_timeout"]?.duration(atMost: 600) { limits.bodyTimeout = time }
    if let time = fields["fetch_timeout"]?.duration(atMost: 86_400) { limits.fetchTimeout = time }
    FetchLimitReading.limits(fields, &limits)
    DoorReading.limits(fields, &limits)
    if let entries = fields["tree_entries"]?.integer(in: 1...100_000_000) { limits.tree.entries = entries }
    if let disk = fields["disk"] { limits.disk = DiskReading.marks(disk) }
    if let bytes = fields["tree_bytes"]?.byteCount(in: 1...(1 << 50)) { limits.tree.bytes = bytes }
    return limits
  }
}
