import Model

/// The keys of a pipeline file.
enum PipelineDefinition {
  private static let steps = list(of: .record(StepDefinition.step))
  private static let lastSteps = list(of: .record(StepDefinition.step).without(StepDefinition.ofStepsAlone))
    .called("list of steps")

  private static func list(of step: Kind) -> Kind {
    .list(.either(.text, step, words: "step"), of: "steps", atMost: StepReading.longestList, atLeast: 1)
  }

  static let pipeline = Record<PipelineDraft>(
    title: "pipeline", path: "", expected: "a mapping with `repo`, `on` and `steps`",
    keys: identity + circumstances + work,
    later: [
      "notify", "environment",
    ],
    required: [["repo"], ["on"], ["steps", "file"]],
    frame: "repo: https://github.com/acme/shop.git\non: push\n@\nsteps: [make deploy]")

  private static let identity: [Key<PipelineDraft>] = [
    Key(
      "name", .text("name", matching: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"), "what the pipeline is called",
      preset: "the file's name without `.yml`", example: "name: shop"
    ) { $1.name = NameReading.name($0) },
    Key(
      "repo", .text.called("address"), "the repository", preset: "must be given",
      example: "repo: git@github.com:acme/shop.git"
    ) {
      $1.repository = NameReading.repository($0)
    },
    Key(
      "on", TriggerDefinition.kind, "what starts a run", preset: "must be given",
      example: "on: {push: {branches: [main]}}"
    ) { TriggerReading.read($0, into: &$1) },
    Key(
      "ref", .text.called("branch, or `tags/NAME`"), "what events, schedules and `pushrod run` run",
      preset: "first plain branch of `on.push`, else `main`", example: "ref: stable"
    ) { $1.ref = NameReading.ref($0) },
    Key(
      "timezone", .text.called("time zone"), "whose clocks `on.schedule` goes by", preset: "`UTC`",
      example: "timezone: Europe/Berlin\non: {schedule: \"15 3 * * 1-5\"}"
    ) { $1.timezone = ScheduleReading.zone($0, $1.surroundings.zones) },
  ]

  private static let circumstances: [Key<PipelineDraft>] = [
    Key(
      "env", VariableReading.kind, "variables of every step", preset: "none",
      example: "env:\n  NODE_ENV: production"
    ) { $1.environment = VariableReading.variables($0) },
    Key(
      "secrets", .either(.text.called("name"), .list(.text, of: "names", atMost: 100), words: "name, or list of names"),
      "secrets that become variables of every step",
      preset: "none", example: "secrets: [DATABASE_URL]"
    ) {
      $1.secrets = VariableReading.secrets(
        $0, variables: $1.environment, configured: $1.surroundings.secrets)
    },
    Key(
      "timeout", .duration, "for all steps together, with the fetch, without `on_failure` and `finally`", preset: "1h",
      example: "timeout: 30m"
    ) { $1.timeout = $0.duration(atMost: PipelineFile.longestTimeout) },
    Key("grace", .duration, "between TERM and KILL", preset: "10s", example: "grace: 30s") {
      $1.grace = $0.duration(atMost: 600)
    },
    Key(
      "concurrency", .either(.text.called("name"), .record(ConcurrencyReading.record), words: "name, or mapping"),
      "which runs may not overlap, and which of those that wait are run", preset: "the pipeline's name, `queue`",
      example: "concurrency: {group: production, mode: latest}"
    ) { $1.concurrency = ConcurrencyReading.concurrency($0, of: $1.name) },
    Key(
      "on_interrupt", .oneOf(InterruptPolicy.allCases.map(\.rawValue)), "what becomes of a run whose runner died",
      preset: "`fail`", example: "on_interrupt: rerun"
    ) { $1.onInterrupt = $0.word(InterruptPolicy.self) },
    Key(
      "parallel", .integer(1...Pipeline.mostParallel), "how many steps may be under way at the same time",
      preset: "\(Pipeline.usualParallel)", example: "parallel: 2"
    ) { $1.parallel = $0.integer(in: 1...Pipeline.mostParallel) },
    Key(
      "keep", .record(KeepReading.record), "how long its runs are kept", preset: "the configuration's",
      example: "keep: {runs: 50, days: 90}"
    ) { $1.keep = KeepReading.keep($0) },
    Key(
      "user", .words("user", matching: "^[A-Za-z_][A-Za-z0-9_.-]{0,31}$"), "the user of the system whom steps run as",
      preset: "the runner's", example: "user: deploy"
    ) { $1.user = NameReading.user($0) },
    Key(
      "limits", .record(LimitsReading.record),
      "what each step may use; the keys that a step says itself count there instead",
      preset: "none", example: "limits: {log: 200M}"
    ) { $1.limits = LimitsReading.limits($0) },
    Key(
      "sandbox", SandboxReading.kind, "whether steps see the machine read-only, and what they may write all the same",
      preset: "`false`", example: "sandbox: {network: true, write: [/srv/shop]}"
    ) { $1.sandbox = SandboxReading.sandbox($0) },
    Key(
      "workspace", .record(WorkspaceReading.record), "how the workspace is made",
      preset: "the whole commit, and nothing else",
      example: "workspace: {clean: ignored-kept}"
    ) { $1.workspace = WorkspaceReading.rule($0) },
  ]

  private static let work: [Key<PipelineDraft>] =
    lists + [
      Key(
        "file", .path, "in place of the lists: the file of the repository that has them",
        preset: "none", example: "file: .pushrod.yml", company: .without(StepList.allCases.map(\.rawValue))
      ) { $1.file = repositoryFile($0) }
    ]

  private static func repositoryFile(_ value: Value) -> String? {
    guard let path = PathReading.path(value, such: "a file of the repository, such as .pushrod.yml") else { return nil }
    guard !path.split(separator: "/").contains(".git") else {
      value.report("\(value.subject) leads into `.git`, of which no commit has a file")
      return nil
    }
    return path
  }

  static let lists: [Key<PipelineDraft>] = [
    Key(
      "steps", steps, "what to run", preset: "must be given, or `file`",
      example: "steps:\n  - make test\n  - {name: live, run: ./deploy.sh}"
    ) {
      $1.lists[.steps] = $0
    },
    Key(
      "on_failure", lastSteps, "what to run after a failure or a time-out, before `finally`",
      preset: "none", example: "on_failure: [./ops/collect-logs.sh]"
    ) { $1.lists[.onFailure] = $0 },
    Key(
      "finally", lastSteps, "what to run in the end, whatever happened", preset: "none",
      example: "finally: [docker compose ps]"
    ) { $1.lists[.finally] = $0 },
  ]
}
