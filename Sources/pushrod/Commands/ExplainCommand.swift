import Agent
import AgentConfiguration
import ArgumentParser
import FoundationEssentials
import Model
import Pipelines
import Webhooks

/// `pushrod explain`, and `pushrod inbox explain`: what a stored delivery says, and which pipelines it would start, without an agent.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say what a stored delivery is, and for every pipeline why it would start or not.",
    discussion: """
      The delivery is a FILE of the inbox, or its headers and body. Needs no running agent, and does not look at the signature (see `pushrod verify`). Exits with 1 where the \
      delivery cannot be read.
      """)

  @OptionGroup var request: ExplainedRequest

  @Option(
    help: ArgumentHelp(
      "The source that it came to; where not given, FILE's, else the one that the configuration has of that sender, "
        + "else the sender's name.", valueName: "name"))
  var source: String?

  @Option(help: ArgumentHelp("The configuration that names the folder of the pipelines.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("A folder of pipelines, instead of the configuration's.", valueName: "folder"))
  var pipelines: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    var stored = try request.read()
    var notes: [String] = []
    if stored.headers[all: "Content-Type"].isEmpty {
      stored.headers.append("Content-Type", "application/json")
      notes.append("the headers name no Content-Type; the body was read as application/json")
    }
    let known = try known(&notes)
    let sender = try sender(of: stored, known?.sources, notes)
    let source = try sourceName(stored: stored.source, of: sender, known?.sources, &notes)
    var explanation = Explanation(sender: sender.name)
    explanation.source = source
    explanation.notes = notes
    do {
      let signed = SignedRequest(headers: stored.headers, body: stored.body, now: Date().timeIntervalSince1970)
      let meaning = try sender.meaning(of: signed)
      explanation.meaning = meaning
      explanation.reason = meaning.ignored
      if let known {
        let event = SenderEvent(meaning, of: signed, to: source, from: sender)
        let answer = DeliveryMatching.decide(event, known.pipelines)
        (explanation.decisions, explanation.reason) = (answer.decisions, answer.ignored)
      }
    } catch {
      explanation.error = error.description
    }
    Output.standard.print(json ? try explanation.json() : explanation.text)
    if explanation.error != nil { throw CommandExit(.failed) }
  }

  private func sender(
    of stored: ExplainedRequest.Contents, _ configured: [SourceConfiguration]?, _ notes: [String]
  ) throws(CommandExit) -> any Sender {
    if let sender = stored.sender { return sender }
    let name = source ?? stored.source ?? ""
    if let found = (configured ?? []).first(where: { $0.name == name }) { return found.sender }
    let words = "no configuration here says who sends to the source `\(name.withoutControls)`; say it with --sender."
    throw CommandExit(.wrongUse, ([words] + notes).joined(separator: "\n"))
  }

  /// - Parameters:
  ///   - stored: what the stored delivery says, where the command line does not.
  ///   - configured: `nil` where no configuration was read.
  private func sourceName(
    stored: String?, of sender: any Sender, _ configured: [SourceConfiguration]?, _ notes: inout [String]
  ) throws(CommandExit) -> String {
    guard let source else {
      if let stored {
        if let configured, !configured.contains(where: { $0.name == stored }) {
          notes.append("the configuration has no source `\(stored.withoutControls)`")
        }
        return stored
      }
      let own = (configured ?? []).filter { $0.sender.name == sender.name }.map(\.name)
      if own.count > 1 {
        notes.append(
          "the configuration has several sources of \(sender.name) (\(own.joined(separator: ", "))), and `\(sender.name)` was "
            + "asked about; name another with --source")
      }
      return own.count == 1 ? own[0] : sender.name
    }
    guard let configured, !configured.contains(where: { $0.name == source }) else { return source }
    let names = configured.map(\.name)
    let question =
      Suggestion.didYouMean(source, names)
      ?? (names.isEmpty ? "it has none." : "it has \(names.joined(separator: ", ")).")
    throw CommandExit(
      .wrongUse, "the configuration has no source `\(source.withoutControls)`; \(question)")
  }

  private typealias Known = (pipelines: [Pipeline], sources: [SourceConfiguration]?)

  /// `nil` where there are no pipelines to ask; a note then says so. What was named on the command line must be
  /// readable.
  private func known(_ notes: inout [String]) throws(CommandExit) -> Known? {
    do {
      if let pipelines, config == nil {
        let read = try PipelineFolder.files(in: pipelines).map { file throws(Diagnostics) in
          try PipelineFolder.load(file: file, secrets: nil, sources: nil)
        }
        return (read, nil)
      }
      let environment = ProcessInfo.processInfo.environment
      let loaded = try Configuration.load(
        file: try Configuration.find(explicit: config, environment: environment),
        overrides: Overrides(pipelines: pipelines), environment: environment)
      let read = try PipelineFolder.load(
        loaded.pipelinesFolder, secrets: Set(loaded.secrets.keys), sources: loaded.sourceNames)
      return (read, loaded.sources)
    } catch {
      guard config == nil, pipelines == nil else { throw CommandExit(.wrongUse, error.description) }
      notes.append("no pipelines were asked: \(error.summary)")
      return nil
    }
  }
}
