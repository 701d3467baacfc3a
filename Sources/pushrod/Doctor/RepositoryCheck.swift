import Agent
import AgentConfiguration
import FoundationEssentials
import Model
import RunDirectory

/// Whether the repositories of the pipelines can be reached with the configured credentials, and whether the
/// keys are of a kind that works.
struct RepositoryCheck {
  let configuration: Configuration
  let pipelines: [Pipeline]
  let environment: [String: String]

  func findings() async -> [Finding] {
    keyFindings + (await remoteFindings())
  }

  private var keyFindings: [Finding] {
    configuration.credentials.compactMap { credential in
      guard case .key(_, let key, _) = credential.access, RepositoryCheck.isRSA(key) else { return nil }
      return .fail(
        "key", "The key for \(credential.pattern) is an RSA key: libssh2 1.10 signs with SHA-1, which servers refuse.",
        "Make an ed25519 one (ssh-keygen -t ed25519) and give its public half to the forge.")
    }
  }

  private func remoteFindings() async -> [Finding] {
    var urls: [String] = []
    for pipeline in pipelines where !urls.contains(pipeline.repository.url) { urls.append(pipeline.repository.url) }
    guard !urls.isEmpty else { return [] }
    let request = ProbeRequest(
      remotes: urls.map {
        .init(url: $0, credentials: configuration.credentials, allowedSchemes: configuration.allowedSchemes)
      },
      timeout: Seconds(Double(10 + 10 * urls.count)), limits: configuration.limits.fetch)
    do {
      let answer = try await RunnerProbe(executable: RunnerExecutable.path(environment), environment: environment)
        .ask(request)
      return answer.remotes.flatMap { remote -> [Finding] in
        if let tips = remote.tips {
          return [.ok("repository", "\(remote.url): \(Wording.count(tips.count, "ref")).")]
            + refFindings(remote.url, tips)
        }
        let reason = remote.error ?? "It gave no answer."
        if let pattern = unread(for: remote.url) {
          return [
            .warn(
              "repository",
              "\(remote.url) was asked without the credential for `\(pattern)`, which cannot be read here: \(reason)",
              "Whether the agent reaches it, a run shows; start one with `pushrod run`.")
          ]
        }
        return [
          .fail(
            "repository", "\(remote.url): \(reason)",
            "See `repositories:` in \(configuration.file); try `git ls-remote \(remote.url)`.")
        ]
      }
    } catch {
      return [.fail("repository", "The repositories could not be asked: \(error).", "Put the runner right first.")]
    }
  }

  /// The pattern of a credential that was not read and may be the one for this address: what stands before its first star
  /// is the same.
  private func unread(for address: String) -> String? {
    guard let url = try? RepositoryURL(address) else { return nil }
    return configuration.unreadRepositories.first { pattern in
      guard let known = try? RepositoryURL(pattern) else { return false }
      return url.identity.hasPrefix(known.identity.prefix { $0 != "*" })
    }
  }

  /// Pipelines that are started without a push need the ref that they name, or that is taken for them.
  private func refFindings(_ url: String, _ tips: [ProbeAnswer.Tip]) -> [Finding] {
    let names = Set(tips.map(\.name))
    return pipelines.filter { pipeline in
      pipeline.repository.url == url && (pipeline.triggers.webhooks != nil || pipeline.triggers.manual)
        && !names.contains(pipeline.usualRef.full)
    }.map { pipeline in
      .warn(
        "repository", "\(url) has no \(pipeline.usualRef), which events and `pushrod run` run in \(pipeline.name).",
        "Name a branch that is there: `ref: …` in the pipeline's file.")
    }
  }

  /// Both forms of an RSA key: PEM's own, and OpenSSH's, which names the type within its base64 text.
  static func isRSA(_ key: String) -> Bool {
    if key.contains("BEGIN RSA PRIVATE KEY") { return true }
    let lines = key.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
    guard key.contains("BEGIN OPENSSH PRIVATE KEY"),
      let bytes = Data(base64Encoded: lines.joined(), options: .ignoreUnknownCharacters)
    else { return false }
    // The type stands near the beginning, after the names of cipher and key derivation.
    return String(decoding: bytes.prefix(256), as: UTF8.self).contains("ssh-rsa")
  }
}
