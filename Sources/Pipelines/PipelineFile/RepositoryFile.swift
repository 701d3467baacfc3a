public import Model

/// Reads the file of a repository that a pipeline's `file` names: steps, and nothing else.
///
/// Whoever may push writes it. What a run may have and do (secrets, user, limits, …) is in the agent's own file alone.
public enum RepositoryFile {
  static let record = Record<PipelineDraft>(
    title: "repository file", path: "", expected: "a mapping with `steps`", keys: PipelineDefinition.lists,
    required: [["steps"]], frame: "@")

  /// Keys of a step that say what it may do.
  static let agentsStepKeys = ["user", "limits", "sandbox"]

  /// - Parameter secrets: names of the pipeline's secrets, which no step's `env` may hide.
  /// - Throws: every mistake of the file, in its order.
  public static func parse(
    _ bytes: [UInt8], file: String, secrets: [String]
  ) throws(Diagnostics) -> PipelineSteps {
    let findings = Findings(try Document.parse(bytes, file: file))
    var surroundings = Surroundings()
    surroundings.isRepository = true
    var draft = PipelineDraft(surroundings)
    draft.secrets = secrets
    let root = withoutAgentsKeys(findings.root)
    let lists = record.read(root, into: &draft).map { StepReading.read($0, draft).mapValues { $0.map(\.step) } }
    try findings.check()
    guard let lists, let steps = lists[.steps] else { throw Diagnostics(file: file, "the file has no steps") }
    return PipelineSteps(steps: steps, onFailure: lists[.onFailure], finally: lists[.finally] ?? [])
  }

  static func refusal(of key: String) -> String {
    "`\(key)` is not for a file of the repository: only the agent's own pipeline file says it"
  }

  /// Reports what only the agent's own file may say, and leaves it out.
  private static func withoutAgentsKeys(_ root: Value) -> Value {
    guard case .mapping(let entries) = root.node.content else { return root }
    let pipeline = PipelineDefinition.pipeline
    let foreign = Set(pipeline.names + pipeline.later).subtracting(record.names)
    for entry in entries where foreign.contains(entry.key) {
      root.findings.report(
        at: entry.keyPosition, length: entry.key.unicodeScalars.count,
        refusal(of: entry.key),
        suggestion: "remove it")
    }
    var node = root.node
    node.content = .mapping(entries.filter { !foreign.contains($0.key) })
    return Value(node, path: root.path, findings: root.findings)
  }
}
