import ArgumentParser
import FoundationEssentials
import Model
import Web
import Webhooks

/// A stored request in either of its forms: as the inbox shows it, or as files of headers and body.
struct ExplainedRequest: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A delivery as `pushrod inbox show N --json` prints it.", valueName: "file"))
  var file: String?

  @Option(
    help: ArgumentHelp(
      "Who sent it: \(StoredRequest.names). With FILE only where the configuration does not have its source.",
      valueName: "name"))
  var sender: String?

  @Option(
    help: ArgumentHelp(
      "Without FILE, its headers: a JSON object of name to value, or raw `Name: value` lines.", valueName: "file"))
  var headers: String?

  @Option(
    help: ArgumentHelp("Without FILE, its raw body, byte for byte as it was received.", valueName: "file"))
  var body: String?

  func validate() throws {
    if file != nil {
      guard headers == nil, body == nil else { throw ValidationError("FILE is instead of --headers and --body") }
    } else {
      guard sender != nil, headers != nil, body != nil else {
        throw ValidationError("name a FILE of the inbox, or --sender, --headers and --body")
      }
    }
  }

  /// What was read.
  struct Contents {
    /// `nil` where the command line does not say it.
    var sender: (any Sender)?
    /// Where it came to; known of the inbox's alone.
    var source: String?
    var headers: Headers
    var body: [UInt8]
  }

  func read() throws(CommandExit) -> Contents {
    var known: (any Sender)?
    if let sender { known = try StoredRequest.sender(named: sender) }
    if let file {
      let delivery = try ExplainedRequest.delivery(in: file)
      guard !(delivery.body ?? "").isEmpty || delivery.bodyBase64 != nil || delivery.bodySize == 0 else {
        throw CommandExit(
          .failed,
          "the inbox keeps no body of delivery \(delivery.number), which was rejected: there is nothing to explain. "
            + "`pushrod verify` checks a signature over a body that you have.")
      }
      guard let headers = delivery.headers, let body = ExplainedRequest.body(of: delivery) else {
        throw ExplainedRequest.unreadable(file)
      }
      return Contents(sender: known, source: delivery.source, headers: headers, body: body)
    }
    return Contents(
      sender: known, source: nil, headers: try StoredRequest.headers(in: headers ?? ""),
      body: try StoredRequest.body(in: body ?? ""))
  }

  private static func delivery(in file: String) throws(CommandExit) -> DeliveryReport {
    let bytes = try InputFile.read(file, purpose: "delivery's")
    do {
      return try JSON.decoder().decode(DeliveryReport.self, from: Data(bytes))
    } catch {
      throw unreadable(file)
    }
  }

  private static func body(of delivery: DeliveryReport) -> [UInt8]? {
    if let text = delivery.body { return Array(text.utf8) }
    return delivery.bodyBase64.map { Array($0) }
  }

  private static func unreadable(_ file: String) -> CommandExit {
    CommandExit(
      .wrongUse,
      "the file \(file.onOneLine) is no delivery: it must be what `pushrod inbox show N --json` has printed.")
  }
}
