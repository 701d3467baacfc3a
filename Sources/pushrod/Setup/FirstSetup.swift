import FoundationEssentials
import Model
import Pipelines

/// The files that `pushrod init` writes, as text.
struct FirstSetup {
  var repository: RepositoryURL
  var branch: String
  /// Who posts; the source is called the same.
  var sender: String
  var page: SenderPage
  var publicURL: String?
  /// Relative to the configuration.
  var secretFile: String

  /// The pipeline's name: the repository's, as far as a pipeline may be called so.
  var pipelineName: String {
    let last = repository.path.split(separator: "/").last.map(String.init) ?? ""
    let name = last.unicodeScalars.filter {
      $0.isASCII && ($0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0))
    }
    let trimmed = String(String.UnicodeScalarView(name)).drop { !$0.isLetter && !$0.isNumber }.prefix(64)
    return trimmed.isEmpty ? "deploy" : String(trimmed)
  }

  /// 32 random bytes as hexadecimal digits: nothing to guess, and nothing that a form or a shell changes.
  static func newSecret() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef".utf8)
    let secret = (0..<32).flatMap { _ -> [UInt8] in
      let byte = UInt8.random(in: .min ... .max, using: &generator)
      return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return secret + [UInt8(ascii: "\n")]
  }

  var configuration: String {
    """
    # Pushrod's configuration. docs/configuration.md explains every key; `pushrod check` reads this file.
    # After a change: `pushrod reload`. A mistake leaves the old configuration in force.
    # Relative paths start at the folder of this file.

    # Where webhooks arrive. Put a web server with TLS in front of it, which passes /webhook/ on to this address.
    listen: 127.0.0.1:8700
    \(publicURL.map { "public_url: \(YAMLText.scalar($0))" } ?? "#public_url: https://deploy.example.org")

    # The agent's own folder, and the folder with one YAML file for each pipeline.
    #data: data
    pipelines: pipelines

    # One address for each service that sends webhooks: this one is /webhook/\(sender).
    # With two secrets both are accepted, so that a secret can be changed without losing a push.
    sources:
    \(source("file: \(YAMLText.scalar(secretFile))"))

    # Which kinds of addresses repositories may have: https, ssh, git, http, file.
    \(remotes)

    # How to reach repositories that are not public. Of several patterns that match, the longest counts.
    #repositories:
    #  "https://github.com/acme/*": { token: { file: github.token } }
    #  "git@github.com:acme/shop.git": { key: { file: deploy_key }, known_hosts: known_hosts }

    # Values that pipelines ask for by name, with `secrets: [DATABASE_URL]`.
    #secrets:
    #  DATABASE_URL: { file: database.secret }

    # How many runs may go on at once; runs of one pipeline never overlap.
    runs:
      parallel: 4

    """
  }

  /// What a configuration of the packages that is kept lacks, under the keys where it belongs; `nil` where it has all of it.
  ///
  /// - Parameters:
  ///   - sources: the names of those that it has.
  ///   - known: its `public_url`.
  func additions(sources: Set<String>, publicURL known: String?) -> String? {
    var lines: [String] = []
    if let publicURL, publicURL != known {
      lines.append(
        "public_url: \(YAMLText.scalar(publicURL))" + (known.map { "   # in place of \($0.onOneLine)" } ?? ""))
    }
    if !sources.contains(sender) { lines += ["sources:", source("credential: secret_\(sender)")] }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// The source as it stands under `sources`.
  private func source(_ secret: String) -> String {
    let lines = ["  \(sender):", "    sender: \(sender)", "    secrets:", "      - \(secret)"]
    return (lines + page.options.map { "    \($0)" }).joined(separator: "\n")
  }

  private var trigger: String {
    page.isForge
      ? "  push:\n    branches: [\(YAMLText.scalar(branch))]"
      : "  webhook:\n    source: \(sender)\n    #event: the event that counts; without it, every one"
  }

  private var remotes: String {
    switch repository.scheme {
    case .https, .ssh: "#remotes: [https, ssh]"
    case let other: "remotes: [https, ssh, \(other.rawValue)]"
    }
  }

  var pipeline: String {
    """
    # A pipeline: which pushes start it, and what is done then. docs/pipelines.md explains every key.
    # `pushrod check` reads this file; a running agent takes a change by itself. An editor with a YAML language server completes
    # it after `pushrod schema > ../pushrod.schema.json` and with this at the top:
    #   yaml-language-server: $schema=../pushrod.schema.json
    name: \(YAMLText.scalar(pipelineName))
    repo: \(YAMLText.scalar(repository.url))
    \(page.isForge ? "" : "ref: \(YAMLText.scalar(branch))\n")on:
    \(trigger)
      # May be started by hand: `pushrod run \(pipelineName)`.
      manual: true
    timeout: 30m

    # Each step is a shell script in the checked-out commit; one that fails ends the run.
    steps:
      - name: look
        run: |
          echo "$PUSHROD_REPO at $PUSHROD_COMMIT"
          ls -l
      #- name: deploy
      #  run: ./deploy.sh
      #  timeout: 10m

    # These run at the end in any case, also after a failure or a cancel.
    #finally:
    #  - echo "ended as $PUSHROD_STATUS"

    """
  }
}
