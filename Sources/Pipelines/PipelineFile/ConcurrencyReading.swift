import Model

/// Reads `concurrency`: the name of a group, or a mapping.
enum ConcurrencyReading {
  struct Draft {
    var group: String?
    var mode: Concurrency.Mode?
  }

  static let record = Record<Draft>(
    title: "concurrency", path: "concurrency", expected: "the name of a group, or a mapping",
    keys: [
      Key(
        "group", .text.called("name"), "runs of one group never overlap; pipelines may share one",
        preset: "the pipeline's name", example: "group: production"
      ) { $1.group = group($0) },
      Key(
        "mode", .oneOf(Concurrency.Mode.allCases.map(\.rawValue)), "what a new run means for earlier ones",
        preset: "`queue`", example: "mode: latest"
      ) { $1.mode = $0.word(Concurrency.Mode.self) },
    ],
    required: [["group", "mode"]],
    frame: "repo: https://github.com/acme/shop.git\non: push\nsteps: [make]\nconcurrency:\n  @")

  /// - Parameter pipeline: its name, which is the group's where the file names none.
  static func concurrency(_ value: Value, of pipeline: String?) -> Concurrency? {
    guard case .mapping = value.node.content else { return group(value).map { Concurrency(group: $0) } }
    var draft = Draft()
    guard let fields = record.read(value, into: &draft) else { return nil }
    guard fields.contains("group") || fields.contains("mode") else {
      value.report(
        "`concurrency` has neither `group` nor `mode`", suggestion: "write `concurrency: {group: shop-production}`")
      return nil
    }
    guard let name = fields.contains("group") ? draft.group : pipeline else { return nil }
    return Concurrency(group: name, mode: draft.mode)
  }

  private static func group(_ value: Value) -> String? {
    guard let text = value.string("the name of a group") else { return nil }
    guard NameReading.isName(text) else {
      value.report("the name of a group must be \(NameReading.rule)")
      return nil
    }
    return text
  }
}
