/// The words of the pipeline language: what this version reads, and what belongs to the language but comes with a
/// later one (so that the mistake is named for what it is).
enum PipelineKeys {
  static let pipeline = [
    "name", "repo", "ref", "on", "env", "secrets", "timeout", "grace", "concurrency", "on_interrupt", "keep", "steps",
    "finally",
  ]
  static let laterPipeline = [
    "user", "limits", "sandbox", "workspace", "on_failure", "notify", "environment", "file", "inputs",
  ]

  static let triggers = ["push", "poll", "webhook", "manual"]
  static let laterTriggers = ["schedule"]

  static let push = ["branches", "tags", "skip"]
  static let laterPush = ["paths"]

  static let webhook = ["source", "event", "where"]

  static let concurrency = ["group", "mode"]

  static let step = ["name", "run", "dir", "env", "shell", "timeout", "allow_failure"]
  static let laterStep = [
    "needs", "when", "retry", "cache", "approval", "release", "check", "interruptible", "on_failure", "artifacts",
    "detach", "tty", "limits", "sandbox", "user", "include",
  ]
}
