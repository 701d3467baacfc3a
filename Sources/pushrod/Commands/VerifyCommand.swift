import ArgumentParser
import FoundationEssentials
import Model
import Webhooks

/// `pushrod verify`: whether the signature of a stored request holds, without an agent.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the signature of a stored request, and say why it does not hold.",
    discussion: """
      Needs no running agent. Exits with 0 where the signature is valid and with 1 where it is not, as it never is
      without a secret (PayPal's is checked with its certificate).
      """)

  @OptionGroup var request: StoredRequest

  @Option(
    help: ArgumentHelp(
      "A file that holds a secret; again for each one that may have signed. One newline at its end is not part of it.",
      valueName: "file"))
  var secretFile: [String] = []

  @Option(help: ArgumentHelp("The public address it was posted to, for senders that sign it.", valueName: "address"))
  var url: String?

  @Option(help: ArgumentHelp("The time to check at, in seconds since 1970; now where not given.", valueName: "seconds"))
  var now: Double?

  @Option(
    help: ArgumentHelp(
      "How far a signed time may lie from that, both ways; the sender's own rule where not given.",
      valueName: "seconds"))
  var tolerance: Double?

  @OptionGroup(title: "What some senders need") var options: SenderArguments

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if let now, !now.isFinite { throw ValidationError("--now is a number of seconds since 1970") }
    if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
      throw ValidationError("--tolerance is a number of seconds, 0 or more")
    }
  }

  func run() throws {
    let sender = try request.knownSender()
    let secrets = try secretFile.map { Secret(fileContents: try InputFile.read($0, purpose: "secret", limit: 1 << 20)) }
    let signed = SignedRequest(
      headers: try request.readHeaders(), body: try request.readBody(), url: url,
      now: now ?? Date().timeIntervalSince1970, tolerance: tolerance, options: try options.read())
    let report = Report(sender: sender.name, sender.check(signed, secrets: secrets))
    Output.standard.print(json ? try report.json() : report.sentence)
    if !report.valid { throw CommandExit(.failed) }
  }

  private struct Report: Encodable {
    var sender: String
    var valid: Bool
    /// The request says two things at once; the agent answers 400 and not 401.
    var ambiguous: Bool?
    var reason: String?

    init(sender: String, _ check: SignatureCheck) {
      self.sender = sender
      switch check {
      case .valid:
        valid = true
      case .undecided:
        valid = false
        reason = "only the sender's own service can say, and it is not asked here"
      case .invalid(let reason):
        valid = false
        self.reason = reason
      case .ambiguous(let reason):
        valid = false
        ambiguous = true
        self.reason = reason
      }
    }

    var sentence: String { valid ? "valid" : "not valid: \(reason ?? "")" }

    func json() throws -> String { String(decoding: try JSON.encoder().encode(self), as: UTF8.self) }
  }
}
