/// What starts a pipeline.
public struct Triggers: Codable, Hashable, Sendable {
  public var push: PushTrigger?
  /// Events of other senders; any of them starts the pipeline. Never empty.
  public var webhooks: [WebhookTrigger]?
  /// How often the agent itself looks whether the refs of `push` have moved.
  public var poll: Seconds?
  /// Times at which it starts by itself. Never empty.
  public var schedules: [Schedule]?
  /// May be started by hand.
  public var manual: Bool
  /// What whoever starts it by hand is asked for, in the order of the file. Never empty.
  public var inputs: [Input]?

  public init(
    push: PushTrigger? = nil, webhooks: [WebhookTrigger]? = nil, poll: Seconds? = nil, schedules: [Schedule]? = nil,
    manual: Bool = false, inputs: [Input]? = nil
  ) {
    self.push = push
    self.webhooks = webhooks
    self.poll = poll
    self.schedules = schedules
    self.manual = manual
    self.inputs = inputs
  }
}

/// Which pushes start a pipeline. The patterns are kept as written; `Pipelines` matches them.
public struct PushTrigger: Codable, Hashable, Sendable {
  /// `nil`: the file does not say. With neither branches nor tags said, every branch and no tag matches.
  public var branches: [String]?
  public var tags: [String]?
  /// Of what changed between the ref's old commit and the new one, one path must match; `nil`: whatever changed. The
  /// runner decides, with the repository before it.
  public var paths: [String]?
  /// A push whose head commit's message contains this text starts nothing.
  public var skip: String?

  public init(branches: [String]?, tags: [String]?, paths: [String]? = nil, skip: String?) {
    self.branches = branches
    self.tags = tags
    self.paths = paths
    self.skip = skip
  }
}

/// Times of a calendar, as cron(8) has them.
public struct Schedule: Codable, Hashable, Sendable {
  /// Five fields, as written; `Pipelines` reads them.
  public var cron: String
  /// A name of the IANA time zone database, such as `Europe/Berlin`; `nil`: UTC.
  public var timezone: String?

  public init(cron: String, timezone: String? = nil) {
    self.cron = cron
    self.timezone = timezone
  }
}

/// One thing that whoever starts a pipeline by hand is asked for. Its value is a variable of every step.
public struct Input: Codable, Hashable, Sendable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case text, number, boolean, choice
  }

  /// The variable's name.
  public var name: String
  public var kind: Kind
  /// For whoever is asked.
  public var description: String?
  /// The value where none is given; `nil`: `false` for a `boolean`, else nothing.
  public var preset: String?
  /// Of a `choice`, never empty there.
  public var choices: [String]?
  /// Whoever starts the pipeline by hand must give it.
  public var isRequired: Bool

  public init(
    name: String, kind: Kind = .text, description: String? = nil, preset: String? = nil, choices: [String]? = nil,
    isRequired: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.description = description
    self.preset = preset
    self.choices = choices
    self.isRequired = isRequired
  }
}

extension Pipeline {
  /// What the inputs are where nobody gives any: each has a value, so that a shell that refuses unset variables reads them.
  public var inputPresets: [String: String] {
    let inputs = triggers.inputs ?? []
    return Dictionary(inputs.map { ($0.name, $0.preset ?? ($0.kind == .boolean ? "false" : "")) }) { first, _ in first }
  }
}

extension RunRequest {
  /// The variables that the pipeline's inputs are in this run.
  public var inputVariables: [String: String] { pipeline.inputPresets.merging(inputs ?? [:]) { $1 } }
}
