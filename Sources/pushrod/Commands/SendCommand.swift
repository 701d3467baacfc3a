import ArgumentParser
import FoundationEssentials
import Model
import Webhooks

/// `pushrod send`: posts a signed delivery to an agent, as a sender would.
struct SendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Sign a delivery and post it to a running agent, to try things out.",
    discussion: """
      Without --body it tells of a push: of the branch that is checked out in --repo, or of --ref. Without --url it \
      posts to the agent of --config on this machine. Exits with 0 for a 2xx, with 1 for any other answer.
      """)

  @Option(help: ArgumentHelp("The address to post to: https://host/webhook/<source>.", valueName: "address"))
  var url: String?

  @Option(help: ArgumentHelp("The agent's configuration, instead of --url.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The source of that configuration, where it has several.", valueName: "name"))
  var source: String?

  @Option(
    help: ArgumentHelp(
      "A file with the secret to sign with; the source's first one where not given.", valueName: "file"))
  var secretFile: String?

  @Option(help: ArgumentHelp("With --url: the service to sign as.", valueName: "name"))
  var sender = "github"

  @Option(help: ArgumentHelp("The event.", valueName: "name"))
  var event = "push"

  @Option(help: ArgumentHelp("The delivery's id; a new one where not given.", valueName: "id"))
  var id: String?

  @Option(help: ArgumentHelp("The body to post, instead of a push that is made up.", valueName: "file"))
  var body: String?

  @Option(help: ArgumentHelp("The Git repository to tell of.", valueName: "folder"))
  var repo = "."

  @Option(
    help: ArgumentHelp("The branch, or tags/<name>; the branch that is checked out where not given.", valueName: "ref"))
  var ref: String?

  @Option(
    help: ArgumentHelp("The commit before the push; the one before --after where not given.", valueName: "commit"))
  var before: String?

  @Option(help: ArgumentHelp("The pushed commit; the tip of the ref where not given.", valueName: "commit"))
  var after: String?

  @Option(
    help: ArgumentHelp("The repository's address; that of the remote `origin` where not given.", valueName: "address"))
  var cloneURL: String?

  /// Their pushes have the same fields as those that are made up here.
  private static let writtenAsGitHub = ["github", "gitea", "forgejo", "gogs"]

  func validate() throws {
    if url != nil, config != nil || source != nil {
      throw ValidationError("--url is instead of --config and --source")
    }
    if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
      throw ValidationError("--url is an address such as https://deploy.example.org/webhook/github")
    }
    if body == nil, event != "push", event != "ping" { throw ValidationError("--event \(event) needs --body") }
  }

  func run() async throws {
    let target =
      if let url {
        try SendTarget(url: url, sender: sender, secretFile: secretFile)
      } else {
        try SendTarget(configuration: config, source: source, secretFile: secretFile)
      }
    let bytes = try await payload(for: target.sender)
    let request = SignedRequest(
      headers: [:], body: bytes, url: target.signedURL, now: Date().timeIntervalSince1970, options: target.options)
    let headers = target.sender.headers(
      signing: request, event: event, id: id ?? UUID().uuidString.lowercased(), secret: target.secret)
    guard let headers else {
      throw CommandExit(
        .wrongUse,
        "only \(target.sender.name) itself can sign as it does, or the secret is no key that it would sign with.")
    }
    let answer = try await Post(url: target.url, headers: headers, body: bytes).answer()
    Output.standard.print("\(answer.status) \(answer.body.withoutControls)")
    if !(200..<300).contains(answer.status) { throw CommandExit(.failed) }
  }

  private func payload(for sender: any Sender) async throws -> [UInt8] {
    if let body { return try InputFile.read(body, purpose: "body") }
    guard SendCommand.writtenAsGitHub.contains(sender.name) else {
      throw CommandExit(.wrongUse, "--body is needed: what \(sender.name) would post cannot be made up here.")
    }
    if event == "ping" { return Array("{}".utf8) }
    let push = try await LocalPush(
      LocalPush.Wish(repository: repo, ref: ref, before: before, after: after, cloneURL: cloneURL))
    return Array(try JSON.encoder().encode(push))
  }
}
