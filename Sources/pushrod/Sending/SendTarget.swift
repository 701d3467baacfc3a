import AgentConfiguration
import FoundationEssentials
import Model
import Pipelines
import Webhooks

/// Where `pushrod send` posts to, and how it signs.
struct SendTarget {
  var url: String
  var sender: any Sender
  var secret: Secret
  var options = SenderOptions()
  /// The address that senders know the source by, for those that sign it.
  var signedURL: String

  /// An address that was given outright.
  init(url: String, sender: String, secretFile: String?) throws(CommandExit) {
    guard let secretFile else {
      throw CommandExit(.wrongUse, "--url needs --secret-file, to sign with.")
    }
    self.url = url
    signedURL = url
    self.sender = try SendTarget.known(sender)
    secret = try SendTarget.secret(secretFile)
  }

  /// A source of a configuration on this machine: posted to where that agent listens.
  init(configuration file: String?, source name: String?, secretFile: String?) throws(CommandExit) {
    // The secrets of pipelines are nobody's business here.
    let configuration = try SendTarget.configuration(file, secrets: .whereReadable)
    let names = configuration.sources.map(\.name)
    let chosen = configuration.sources.filter { name == nil || $0.name == name }
    guard chosen.count == 1, let source = chosen.first else {
      let list = names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"
      throw CommandExit(
        .wrongUse, "say with --source which source of \(configuration.file) to post to; \(list).")
    }
    guard configuration.listen.port != 0 else {
      throw CommandExit(
        .wrongUse, "\(configuration.file) lets the system choose the port; name the address with --url.")
    }
    url = try SendTarget.base(configuration) + "/webhook/\(source.name)"
    sender = source.sender
    options = source.options
    signedURL = configuration.publicURL.map { "\($0)/webhook/\(source.name)" } ?? url
    if let secretFile {
      secret = try SendTarget.secret(secretFile)
    } else if let first = source.secrets.first {
      secret = first
    } else {
      secret = try SendTarget.unread(source.name, of: configuration)
    }
  }

  /// The secret of a source, where it was not read with the others: it may come from a program, which is run only now.
  private static func unread(_ source: String, of configuration: Configuration) throws(CommandExit) -> Secret {
    guard !configuration.unreadSecrets.isEmpty else {
      throw CommandExit(.wrongUse, "source \(source) has no secret.")
    }
    let words =
      "the secret of source \(source) cannot be read here; put it into a file of yours and name it with --secret-file."
    guard configuration.unreadSecrets.contains(where: { $0.hasPrefix("command ") }) else {
      throw CommandExit(.wrongUse, words)
    }
    do {
      let whole = try SendTarget.configuration(configuration.file, secrets: .required)
      if let first = whole.sources.first(where: { $0.name == source })?.secrets.first { return first }
    } catch {
      throw CommandExit(.wrongUse, "\(words)\n\(error.description)")
    }
    throw CommandExit(.wrongUse, words)
  }

  private static func configuration(
    _ file: String?, secrets: Configuration.SecretUse
  ) throws(CommandExit) -> Configuration {
    let environment = ProcessInfo.processInfo.environment
    do {
      return try Configuration.load(
        file: try Configuration.find(explicit: file, environment: environment), environment: environment,
        secrets: secrets)
    } catch {
      throw CommandExit(.wrongUse, error.description)
    }
  }

  /// A certificate is for the name in `public_url`, not for this machine's own.
  private static func base(_ configuration: Configuration) throws(CommandExit) -> String {
    guard configuration.tls != nil else { return "http://\(reachable(configuration.listen))" }
    guard let address = configuration.publicURL, address.hasPrefix("https://") else {
      throw CommandExit(
        .wrongUse,
        "\(configuration.file) has `tls` and no `public_url` with https; name the address with --url, or add it.")
    }
    return address
  }

  /// An agent that listens on every address is reached on the loopback.
  private static func reachable(_ listen: ListenAddress) -> ListenAddress {
    switch listen.host {
    case "0.0.0.0": ListenAddress(host: "127.0.0.1", port: listen.port)
    case "::": ListenAddress(host: "::1", port: listen.port)
    default: listen
    }
  }

  private static func known(_ name: String) throws(CommandExit) -> any Sender {
    try StoredRequest.sender(named: name)
  }

  private static func secret(_ file: String) throws(CommandExit) -> Secret {
    let secret = Secret(fileContents: try InputFile.read(file, purpose: "secret", limit: 1 << 20))
    guard !secret.isBlank else { throw CommandExit(.wrongUse, "the secret file \(file) is empty.") }
    return secret
  }
}
