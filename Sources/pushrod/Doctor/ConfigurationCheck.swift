import AgentConfiguration
import Model
import Pipelines
import Webhooks

/// Whether configuration, secrets and pipelines can be read and are valid. Secrets that others may read, and
/// empty ones, are mistakes of the configuration; those that only the agent gets, such as credentials of systemd, are not.
struct ConfigurationCheck {
  private(set) var findings: [Finding] = []
  private(set) var configuration: Configuration?
  private(set) var pipelines: [Pipeline] = []

  init(file: String?, environment: [String: String]) {
    do {
      let file = try Configuration.find(explicit: file, environment: environment)
      let configuration = try Configuration.load(file: file, environment: environment, secrets: .whereReadable)
      self.configuration = configuration
      let sources = configuration.sources.map(\.name).joined(separator: ", ")
      findings.append(.ok("configuration", "\(file) is valid; sources: \(sources.isEmpty ? "none" : sources)."))
      findings += configuration.sources.compactMap(\.warning).map {
        .warn("configuration", "\($0).", "Remove `verify: offline`, so that the sender's own service is asked.")
      }
      if let unread = ConfigurationCheck.unread(configuration.unreadSecrets) { findings.append(unread) }
      pipelines = try PipelineFolder.load(
        configuration.pipelinesFolder, secrets: configuration.knowsAllSecretNames ? configuration.secretNames : nil,
        sources: configuration.sourceNames)
      findings.append(
        pipelines.isEmpty
          ? .warn(
            "pipelines", "\(configuration.pipelinesFolder) holds no pipeline: no push starts anything.",
            "Write one; `pushrod init` makes a first one from a repository's address.")
          : .ok("pipelines", "\(pipelines.count) in \(configuration.pipelinesFolder), all valid."))
    } catch {
      findings.append(
        .fail(
          configuration == nil ? "configuration" : "pipelines", error.description,
          "Correct the file; `pushrod check` shows whether it is right."))
    }
  }

  /// A file that this user may not read is one that the agent's user has to.
  private static func unread(_ secrets: [String]) -> Finding? {
    guard !secrets.isEmpty else { return nil }
    let words = "Not read here: \(secrets.joined(separator: ", ")); the agent has to."
    guard secrets.contains(where: { $0.hasPrefix("file ") || $0.hasPrefix("folder ") }) else {
      return .ok("secrets", words)
    }
    return .warn("secrets", words, "Run doctor as the agent's user.")
  }
}
