import AgentConfiguration
import ArgumentParser
import FoundationEssentials
import Model
import Pipelines
import Webhooks

/// `pushrod explain`: what a stored delivery says, and which pipelines it would start, without an agent.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say what a stored delivery is, and for every pipeline why it would start or not.",
    discussion: """
      Needs no running agent, and does not look at the signature (see `pushrod verify`). Exits with 1 where the \
      delivery cannot be read.
      """)

  @OptionGroup var request: StoredRequest

  @Option(help: ArgumentHelp("The configuration that names the folder of the pipelines.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("A folder of pipelines, instead of the configuration's.", valueName: "folder"))
  var pipelines: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let sender = try request.knownSender()
    var explanation = Explanation(sender: sender.name)
    var headers = try request.readHeaders()
    if headers[all: "Content-Type"].isEmpty {
      headers.append("Content-Type", "application/json")
      explanation.notes.append("the headers name no Content-Type; the body was read as application/json")
    }
    let body = try request.readBody()
    let known = try knownPipelines(&explanation.notes)
    do {
      let meaning = try sender.meaning(
        of: SignedRequest(headers: headers, body: body, now: Date().timeIntervalSince1970))
      explanation.meaning = meaning
      explanation.reason = meaning.ignored
      if !meaning.pushes.isEmpty {
        if let known {
          let answer = PushMatching.decide(meaning.pushes, known)
          (explanation.decisions, explanation.reason) = (answer.decisions, answer.ignored)
        }
      } else if let reason = meaning.ignored {
        explanation.decisions = (known ?? []).map { Decision(pipeline: $0.name, starts: false, reason: reason) }
      }
    } catch {
      explanation.error = error.description
    }
    Output.standard.print(json ? try explanation.json() : explanation.text)
    if explanation.error != nil { throw CommandExit(.failed) }
  }

  /// `nil` where there are none to ask; a note then says so. What was named on the command line must be readable.
  private func knownPipelines(_ notes: inout [String]) throws(CommandExit) -> [Pipeline]? {
    do {
      if let pipelines, config == nil {
        return try PipelineFolder.files(in: pipelines).map { file throws(Diagnostics) in
          try PipelineFolder.load(file: file, secrets: nil)
        }
      }
      let environment = ProcessInfo.processInfo.environment
      let loaded = try Configuration.load(
        file: try Configuration.find(explicit: config, environment: environment),
        overrides: Overrides(pipelines: pipelines), environment: environment, senders: Senders.all.map(\.name))
      return try PipelineFolder.load(loaded.pipelinesFolder, secrets: Set(loaded.secrets.keys))
    } catch {
      guard config == nil, pipelines == nil else { throw CommandExit(.wrongUse, error.description) }
      notes.append("no pipelines were asked: \(error.summary)")
      return nil
    }
  }
}
