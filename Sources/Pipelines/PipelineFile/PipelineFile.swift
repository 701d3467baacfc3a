public import Model

/// Reads pipeline files.
public enum PipelineFile {
  static let longestTimeout: Seconds = 604_800  // 7 days
  static let defaultTimeout: Seconds = 3_600

  /// The pipeline that `bytes` describe.
  ///
  /// - Parameters:
  ///   - file: the file's path, for errors and for the default name.
  ///   - configured: names of the secrets that exist; `nil` where that is not known.
  ///   - sources: names of the sources that exist; `nil` where that is not known.
  ///   - includes: finds the files that `include` names; `nil`: there are none.
  ///   - zones: finds the zone that `timezone` names; `nil`: any name will do.
  /// - Throws: every mistake of the file, and of those it includes, in their order.
  public static func parse(
    _ bytes: [UInt8], file: String, secrets configured: Set<String>? = nil, sources: Set<String>? = nil,
    includes: Includes? = nil, zones: Zones? = nil
  ) throws(Diagnostics) -> Pipeline {
    try inspect(bytes, file: file, secrets: configured, sources: sources, includes: includes, zones: zones).pipeline
  }

  /// The same, with what could be better done in another way; none of it is a mistake.
  public static func inspect(
    _ bytes: [UInt8], file: String, secrets configured: Set<String>? = nil, sources: Set<String>? = nil,
    includes: Includes? = nil, zones: Zones? = nil
  ) throws(Diagnostics) -> (pipeline: Pipeline, advice: [Diagnostic]) {
    let findings = Findings(try Document.parse(bytes, file: file))
    let surroundings = Surroundings(secrets: configured, sources: sources, include: includes, zones: zones)
    let read = pipeline(findings.root, file: file, surroundings)
    try findings.check()
    guard let read else { throw Diagnostics(file: file, "the file is not a pipeline") }
    return (read.pipeline, PipelineAdvice.advice(read.draft, read.steps))
  }

  private static func pipeline(
    _ root: Value, file: String, _ surroundings: Surroundings
  ) -> (pipeline: Pipeline, draft: PipelineDraft, steps: [StepList: [StepDraft]])? {
    var draft = PipelineDraft(surroundings)
    draft.name = NameReading.name(ofFile: file)
    guard let fields = PipelineDefinition.pipeline.read(root, into: &draft) else { return nil }
    NameReading.checkPresence(fields, name: draft.name)
    let drafts = StepReading.read(fields, draft)
    let steps = drafts.mapValues { $0.map(\.step) }
    TriggerReading.check(draft, fields)
    guard let name = draft.name, let repository = draft.repository, var triggers = draft.triggers else { return nil }
    triggers.schedules = triggers.schedules?.map { Schedule(cron: $0.cron, timezone: draft.timezone) }
    let pipeline = Pipeline(
      name: name, repository: repository, triggers: triggers, ref: draft.ref,
      environment: draft.environment, secrets: draft.secrets, timeout: draft.timeout ?? defaultTimeout,
      grace: draft.grace ?? 10, concurrency: draft.concurrency, onInterrupt: draft.onInterrupt, keep: draft.keep,
      steps: steps[.steps] ?? [], onFailure: steps[.onFailure], finally: steps[.finally] ?? [],
      parallel: draft.parallel, file: draft.file, user: draft.user, limits: draft.limits, sandbox: draft.sandbox,
      workspace: draft.workspace)
    return (pipeline, draft, drafts)
  }
}
