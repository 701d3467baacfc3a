import Model

/// What the world around a pipeline file has, as far as its reader is told.
struct Surroundings: Sendable {
  /// Names of the secrets that exist; `nil` where that is not known.
  var secrets: Set<String>?
  /// Names of the sources that exist; `nil` where that is not known.
  var sources: Set<String>?
  /// The bytes of a file that `include` names; `nil` where there is no folder to look in.
  var include: Includes?
  /// The machine's time zones; `nil` where they are not to be looked for.
  var zones: Zones?
  /// The file is one of a repository, which whoever may push has written.
  var isRepository = false
}

/// A pipeline on its way from its file.
struct PipelineDraft {
  let surroundings: Surroundings
  /// From `name`, else from the file's name; `nil` where neither will do.
  var name: String?
  var repository: RepositoryURL?
  var ref: RefName?
  var timezone: String?
  var triggers: Triggers?
  /// Those of `triggers`, with their places.
  var inputs: [InputDraft] = []
  var environment: [String: String] = [:]
  var secrets: [String] = []
  var timeout: Seconds?
  var grace: Seconds?
  var concurrency: Concurrency?
  var onInterrupt: InterruptPolicy?
  var keep: RunKeep?
  var user: String?
  var limits: StepLimits?
  var sandbox: Sandbox?
  var workspace: WorkspaceRule?
  var parallel: Int?
  var lists: [StepList: Value] = [:]
  var file: String?

  init(_ surroundings: Surroundings) { self.surroundings = surroundings }
}

/// The lists of steps.
enum StepList: String, CaseIterable {
  case steps
  case onFailure = "on_failure"
  case finally
}
