import Model

/// `on`: what starts a pipeline.
enum TriggerDefinition {
  struct Draft {
    let surroundings: Surroundings
    var triggers = Triggers(push: nil, manual: false)
    var inputs: [InputDraft] = []
  }

  static let on = Record<Draft>(
    title: "on", path: "on", expected: "a mapping with `push`, `webhook`, `schedule` or `manual`",
    keys: [
      Key(
        "push", .either(.record(push), .null, words: "mapping"),
        "pushes start a run; `on: push` or `push:` alone means every branch",
        example: "push: {branches: [main]}"
      ) { $1.triggers.push = TriggerReading.pushTrigger($0) },
      Key(
        "poll", .duration.called("duration, `10s` to `1d`"), "how often the agent itself looks for pushes",
        preset: "never", example: "poll: 60s"
      ) { value, draft in
        draft.triggers.poll = TriggerReading.interval(value)
        // What moved is a push, however the agent learns of it: alone, `poll` is short for `push:` with it.
        if draft.triggers.push == nil { draft.triggers.push = PushTrigger(branches: nil, tags: nil, skip: nil) }
      },
      Key(
        "webhook", .oneOrMany(.record(EventReading.record), of: "mappings", atMost: 20),
        "events of a source start a run",
        example: "webhook: {source: stripe, event: \"checkout.*\"}"
      ) {
        // Empty only where a mistake was reported; that nothing starts the pipeline would be a second one.
        $1.triggers.webhooks = EventReading.triggers($0, configured: $1.surroundings.sources) ?? []
      },
      Key(
        "schedule", ScheduleReading.kind, "times at which it starts by itself", preset: "none",
        example: "schedule: \"15 3 * * 1-5\""
      ) { $1.triggers.schedules = ScheduleReading.schedules($0) },
      Key(
        "manual", InputReading.kind, "whether `pushrod run` may start it, and what it asks for", preset: "`false`",
        example: "manual: true"
      ) { InputReading.read($0, into: &$1) },
    ],
    frame: "repo: https://github.com/acme/shop.git\non:\n  @\nsteps: [make]")

  static let kind = Kind.either(
    .oneOrMany(.oneOf(["push", "manual"]), of: "them", atMost: 10), .record(on), words: "mapping")

  static let push = Record<PushTrigger>(
    title: "push", path: "on.push", expected: "a mapping with `branches`, `tags`, `paths` or `skip`",
    keys: [
      Key(
        "branches", .oneOrMany(.text.called("pattern"), of: "patterns"), "which branches",
        preset: "all, or none where `tags` is given", example: "branches: [main, \"release/**\"]"
      ) { $1.branches = PatternReading.refPatterns($0, under: "refs/heads/", such: "main or \"release/**\"") },
      Key(
        "tags", .oneOrMany(.text.called("pattern"), of: "patterns"), "which tags", preset: "none",
        example: "tags: [\"v*\"]"
      ) { $1.tags = PatternReading.refPatterns($0, under: "refs/tags/", such: "\"v*\"") },
      Key(
        "paths", .oneOrMany(.text.called("pattern"), of: "patterns"), "of the files that changed, one must match",
        preset: "any", example: "paths: [\"src/**\", \"!**/*.md\"]"
      ) { $1.paths = PatternReading.pathPatterns($0) },
      Key(
        "skip", .text, "a push whose head commit's message contains this starts nothing", preset: "none",
        example: "skip: \"[skip deploy]\""
      ) { $1.skip = TriggerReading.skip($0) },
    ],
    frame: "repo: https://github.com/acme/shop.git\non:\n  push:\n    @\nsteps: [make]")
}
