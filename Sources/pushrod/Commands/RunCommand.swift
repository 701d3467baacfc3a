import AgentConfiguration
import ArgumentParser
import FoundationEssentials
import Model
import Pipelines
import Web

/// `pushrod run`: starts a pipeline by hand and follows the run.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Start a run of a pipeline by hand, and follow it; or run one here, without an agent.",
    discussion: """
      The newest commit of the ref is run. The exit code is the run's result, as with `tail`.

      With --local, a pipeline's file is run in the working tree around the working folder, as it is: nothing is \
      fetched, and no agent is asked. The steps find the environment of a real run and nothing of yours. Ctrl-C cancels \
      the run, which then ends the command with 130. What a step asks (`approval`) is asked on the terminal.

      Inputs are recorded with the run, and everybody who may see it sees them: they are no place for a secret.
      """)

  @Argument(help: "The pipeline; it must have `on: { manual: true }`.")
  var pipeline: String

  @Option(help: ArgumentHelp("A branch, or tags/NAME; the pipeline's own `ref` where not said.", valueName: "ref"))
  var ref: String?

  @Option(
    name: .customLong("input"), parsing: .singleValue,
    help: ArgumentHelp("A value for one of the pipeline's inputs; may be given for each.", valueName: "NAME=value"))
  var inputs: [GivenInput] = []

  @Flag(name: .customLong("no-follow"), help: "Only start it.")
  var noFollow = false

  @Flag(help: "Run the pipeline of the file PIPELINE in the working tree, without an agent.")
  var local = false

  @Option(
    name: .customLong("secret"),
    help: ArgumentHelp("With --local: a secret of the pipeline, taken from your environment.", valueName: "name"))
  var secrets: [String] = []

  @Option(help: ArgumentHelp("With --local: a file of lines NAME=value.", valueName: "file"))
  var secretsFile: String?

  @Flag(help: "With --local: keep the run's directory, with its logs and artifacts.")
  var keep = false

  @Flag(help: "With --local: approve whatever a step asks.")
  var yes = false

  @OptionGroup var agent: AgentOptions

  func validate() throws {
    if local {
      let hasAgent = agent.socket != nil || agent.config != nil || agent.url != nil || agent.tokenFile != nil
      if ref != nil || noFollow || hasAgent {
        throw ValidationError("--local runs what is here: --ref, --no-follow and the agent's options do not go with it")
      }
    } else if !secrets.isEmpty || secretsFile != nil || keep || yes {
      throw ValidationError("--secret, --secrets-file, --keep and --yes go with --local")
    }
  }

  func run() async throws {
    if local { return try await runHere() }
    let client = try agent.client
    let run = try await client.post(
      Run.self, "/api/runs", body: StartRequest(pipeline: pipeline, ref: ref, inputs: try GivenInput.values(inputs)))
    try await Started(run, client: client).tell(follow: !noFollow)
  }

  private func runHere() async throws {
    let tree = try await LocalTree.find()
    let read: Pipeline
    do {
      let own = try PipelineFolder.load(file: pipeline, secrets: nil, sources: nil)
      read = try own.file.map { own.with(try tree.steps(in: $0, secrets: own.secrets)) } ?? own
    } catch let mistakes as Diagnostics {
      throw CommandExit(mistakes)
    }
    let values = try LocalSecrets.read(
      read.secrets, given: secrets, file: secretsFile, environment: ProcessInfo.processInfo.environment)
    try await LocalRun(
      pipeline: read, tree: tree, secrets: values, keeps: keep, approvesAll: yes, inputs: try inputs(for: read)
    ).carryOut()
  }

  private func inputs(for pipeline: Pipeline) throws -> [String: String] {
    let given = try GivenInput.values(inputs) ?? [:]
    do throws(InputValues.Refusal) {
      return try InputValues.values(given, for: pipeline)
    } catch {
      throw CommandExit(.failed, "\(error.description).")
    }
  }
}

/// A run that was just queued by hand.
struct Started {
  let run: Run
  let client: APIClient

  init(_ run: Run, client: APIClient) {
    self.run = run
    self.client = client
  }

  func tell(follow: Bool) async throws {
    let request = run.request
    Output.standard.print(
      "run \(run.number) of \(request.pipeline.name): \(request.ref.short) at \(request.commit?.short ?? "its tip")"
        .onOneLine)
    if follow { try await Following(client: client).follow(run) }
  }
}

/// `NAME=value`.
struct GivenInput: ExpressibleByArgument {
  let name: String
  let value: String

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
    name = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }

  /// - Throws: `ValidationError` for a name that is given twice.
  static func values(_ given: [GivenInput]) throws -> [String: String]? {
    var values: [String: String] = [:]
    for input in given {
      guard values.updateValue(input.value, forKey: input.name) == nil else {
        throw ValidationError("the input `\(input.name.shown())` is given twice")
      }
    }
    return values.isEmpty ? nil : values
  }
}
