public import Model

/// The pipeline language as a whole, from its one definition.
public enum PipelineLanguage {
  /// Where editors find the published schema.
  public static let schemaFile = "pushrod.schema.json"

  /// The JSON Schema of pipeline files, draft 2020-12.
  public static var schema: JSONValue {
    let kind = Kind.record(PipelineDefinition.pipeline)
    guard case .object(var root) = PipelineDefinition.pipeline.schema else { return kind.schema }
    var definitions = kind.definitions
    definitions[PipelineDefinition.pipeline.title] = nil
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    root["title"] = "Pushrod pipeline"
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
