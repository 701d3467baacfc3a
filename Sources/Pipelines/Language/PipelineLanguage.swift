public import Model

/// The pipeline language as a whole, from its one definition.
public enum PipelineLanguage {
  /// Where editors find the published schemas.
  public static let schemaFile = "pushrod.schema.json"
  public static let repositorySchemaFile = "pushrod-repository.schema.json"

  /// The JSON Schema of pipeline files, draft 2020-12.
  public static var schema: JSONValue { schema(of: PipelineDefinition.pipeline, title: "Pushrod pipeline") }

  /// The same of the files that `file` names, which stand in repositories: steps, without what only the agent's own file
  /// may say of them.
  public static var repositorySchema: JSONValue {
    schema(of: RepositoryFile.record, title: "Pushrod steps of a repository") { definitions in
      guard case .object(var step)? = definitions[StepDefinition.step.title],
        case .object(var keys)? = step["properties"]
      else { return }
      for key in RepositoryFile.agentsStepKeys + ["include"] {
        keys[key] = nil
        definitions[key] = nil
      }
      step["properties"] = .object(keys)
      definitions[StepDefinition.step.title] = .object(step)
    }
  }

  private static func schema<Draft>(
    of record: Record<Draft>, title: String, change: (inout [String: JSONValue]) -> Void = { _ in }
  ) -> JSONValue {
    let kind = Kind.record(record)
    guard case .object(var root) = record.schema else { return kind.schema }
    var definitions = kind.definitions
    definitions[record.title] = nil
    change(&definitions)
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    root["title"] = .string(title)
    root["$defs"] = .object(definitions)
    return .object(root)
  }

  /// The tables of the manual (Markdown), one for each mapping of the language, by the mapping's path.
  public static var manual: [(path: String, table: String)] { mappings.map { ($0.path, $0.manual) } }

  /// A whole pipeline for each key of the language.
  public static var examples: [(key: String, pipeline: String)] { mappings.flatMap(\.examples) }

  /// Every key with its path: `on.push.branches`.
  public static var keys: [String] { examples.map(\.key) }

  private static let mappings: [any Mapping] = [
    PipelineDefinition.pipeline, TriggerDefinition.on, TriggerDefinition.push, EventReading.record,
    InputReading.manual, InputReading.input, ConcurrencyReading.record, KeepReading.record, LimitsReading.record,
    SandboxReading.record, WorkspaceReading.record, CacheReading.record, WhenReading.record, RetryReading.record,
    ApprovalReading.record, StepDefinition.step,
  ]
}

/// A `Record` whose draft does not matter.
private protocol Mapping: Sendable {
  var path: String { get }
  var manual: String { get }
  var examples: [(key: String, pipeline: String)] { get }
}

extension Record: Mapping {}
