import Model

/// The keys of a step.
enum StepDefinition {
  private static let frame =
    "repo: https://github.com/acme/shop.git\non: push\nsteps:\n  - first\n  -\n    run: make\n    @"

  static let step = Record<StepDraft>(
    title: "step", path: "steps", expected: "a command, or a mapping with `run`",
    keys: command + flow,
    isItem: true,
    later: [
      "release", "check", "on_failure",
    ],
    required: [["run", "include", "approval"]],
    frame: frame)

  /// Keys that no step of `on_failure` or `finally` has.
  static let ofStepsAlone = ["needs", "approval"]

  private static let command: [Key<StepDraft>] = [
    Key(
      "name", .text.called("name"), "its name, unique in the pipeline", preset: "the first words of `run`",
      example: "name: test"
    ) {
      $1.nameValue = $0
      $1.step.name = StepReading.name($0) ?? ""
    },
    Key(
      "run", .text.called("script"), "what to run", preset: "must be given",
      example: "run: |\n  npm ci\n  npm run build"
    ) {
      $1.script = $0
      $1.step.run = StepReading.script($0) ?? ""
    },
    Key(
      "dir", .path, "where to run it, as a folder of the repository", preset: "the workspace",
      example: "dir: web"
    ) { $1.step.directory = StepReading.directory($0) },
    Key("env", VariableReading.kind, "variables of this step", preset: "none", example: "env: {CI: \"1\"}") {
      $1.step.environment = StepReading.variables($0, secrets: $1.secrets)
    },
    Key(
      "shell", .either(.text, .list(.text, of: "words", atMost: 20, atLeast: 1), words: "words, or list of words"),
      "the command that gets the script, after `-c`", preset: "`sh -eu`", example: "shell: bash -euo pipefail"
    ) { $1.step.shell = StepReading.shell($0) ?? Step.defaultShell },
    Key(
      "timeout", .duration, "a step that takes longer is ended, and the run has timed out", preset: "none",
      example: "timeout: 10m"
    ) { $1.step.timeout = $0.duration(atMost: PipelineFile.longestTimeout) },
    Key(
      "allow_failure", .bool, "the run goes on, and can succeed, when this step fails", preset: "`false`",
      example: "allow_failure: true"
    ) { $1.step.allowFailure = $0.bool() ?? false },
    Key(
      "user", .words("user", matching: "^[A-Za-z_][A-Za-z0-9_.-]{0,31}$"), "the user of the system whom it runs as",
      preset: "the pipeline's", example: "user: deploy"
    ) { $1.step.user = NameReading.user($0) },
    Key(
      "tty", .bool, "whether it finds a terminal on its output", preset: "`false`", example: "tty: true"
    ) { $1.step.hasTerminal = $0.bool() },
    Key(
      "limits", .record(LimitsReading.record), "what it may use, key by key in place of the pipeline's",
      preset: "the pipeline's", example: "limits: {log: 1G}"
    ) { $1.step.limits = LimitsReading.limits($0) },
    Key(
      "sandbox", SandboxReading.kind, "its own, in place of the pipeline's", preset: "the pipeline's",
      example: "sandbox: true"
    ) { $1.step.sandbox = SandboxReading.sandbox($0) },
    Key(
      "cache", .oneOrMany(.record(CacheReading.record), of: "mappings", atMost: CacheReading.most),
      "folders that are kept from run to run", preset: "none",
      example: "cache: {key: package-lock.json, paths: .npm}"
    ) { $1.step.cache = CacheReading.caches($0) },
    Key(
      "artifacts", .oneOrMany(.text.called("pattern"), of: "patterns"),
      "files of the workspace that are kept with the run", preset: "none",
      example: "artifacts: [dist, \"reports/**/*.xml\"]"
    ) { $1.step.artifacts = ArtifactReading.patterns($0) },
    Key(
      "include", .path, "in place of all other keys: the steps of a file beside this one",
      preset: "none", example: "include: common/node.yml", company: .only([])
    ) { value, _ in
      value.report("`include` stands alone in its step", suggestion: "write `- include: \(IncludeReading.example)`")
    },
  ]

  private static let flow: [Key<StepDraft>] = [
    Key(
      "needs",
      .either(.text, .list(.text, of: "names", atMost: StepReading.longestList), words: "name, or list of names"),
      "steps that must be over before it begins; `[]`: none", preset: "the step above it", example: "needs: [first]"
    ) { $1.needs = NeedsReading.names($0) },
    Key(
      "approval", .either(.text, .record(ApprovalReading.record), words: "question, or mapping"),
      "in place of `run`: a person is asked before the run goes on", preset: "none",
      example: "approval: {ask: Deploy to production?, timeout: 2h}", company: .only(["name", "needs", "when"])
    ) { $1.step.approval = ApprovalReading.approval($0) },
    Key(
      "when", .record(WhenReading.record), "what must hold for it to run", preset: "no conditions",
      example: "when: {branch: main}"
    ) {
      $1.step.when = WhenReading.condition($0)
    },
    Key(
      "retry", .either(.integer(1...10), .record(RetryReading.record), words: "number, or mapping"),
      "how often it is tried again when it fails", preset: "never", example: "retry: {times: 2, wait: 5s}"
    ) { $1.step.retry = RetryReading.retry($0) },
    Key(
      "interruptible", .bool, "whether a cancel, a newer run and the run's time limit end it, or wait for it",
      preset: "`true`", example: "interruptible: false"
    ) { $1.step.isInterruptible = $0.bool() },
    Key(
      "detach", .bool, "what it leaves in the background may stay", preset: "`false`", example: "detach: true"
    ) { $1.step.isDetached = $0.bool() },
  ]
}
