import ArgumentParser
import Model
import Pipelines
import Webhooks

/// The options of commands that look at a stored request: who sent it, its headers and its body.
struct StoredRequest: ParsableArguments {
  @Option(help: ArgumentHelp("Who sent it: \(StoredRequest.names).", valueName: "name"))
  var sender: String

  @Option(
    help: ArgumentHelp("Its headers: a JSON object of name to value, or raw `Name: value` lines.", valueName: "file"))
  var headers: String

  @Option(help: ArgumentHelp("Its raw body, byte for byte as it was received.", valueName: "file"))
  var body: String

  static var names: String { Senders.all.map(\.name).joined(separator: ", ") }

  func knownSender() throws(CommandExit) -> any Sender { try StoredRequest.sender(named: sender) }

  /// - Throws: with the list of senders, and the one that was probably meant.
  static func sender(named name: String) throws(CommandExit) -> any Sender {
    if let known = Senders.named(name) { return known }
    let question = Suggestion.didYouMean(name, Senders.all.map(\.name)).map { "; \($0)" } ?? "."
    throw CommandExit(.wrongUse, "unknown sender `\(name.withoutControls)`\(question) The senders are: \(names).")
  }

  func readHeaders() throws(CommandExit) -> Headers { try StoredRequest.headers(in: headers) }

  func readBody() throws(CommandExit) -> [UInt8] { try StoredRequest.body(in: body) }

  static func headers(in file: String) throws(CommandExit) -> Headers {
    let bytes = try InputFile.read(file, purpose: "headers", limit: 1 << 20)
    do {
      return try StoredHeaders.parse(bytes)
    } catch {
      throw CommandExit(.wrongUse, "cannot read the headers file \(file): \(error).")
    }
  }

  static func body(in file: String) throws(CommandExit) -> [UInt8] { try InputFile.read(file, purpose: "body") }
}
