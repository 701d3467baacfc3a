import Model

/// Reads `concurrency`: the name of a group, or a mapping.
enum ConcurrencyReading {
  private static let modes = Concurrency.Mode.allCases.map(\.rawValue)

  /// - Parameter pipeline: its name, which is the group's where the file names none.
  static func concurrency(_ value: Value, of pipeline: String?) -> Concurrency? {
    guard case .mapping = value.node.content else { return group(value).map { Concurrency(group: $0) } }
    guard let fields = value.fields(PipelineKeys.concurrency) else { return nil }
    guard fields.contains("group") || fields.contains("mode") else {
      value.report(
        "`concurrency` has neither `group` nor `mode`", suggestion: "write `concurrency: {group: shop-production}`")
      return nil
    }
    let mode = fields["mode"].map(mode)
    guard let name = fields["group"].map(group) ?? pipeline else { return nil }
    return Concurrency(group: name, mode: mode ?? nil)
  }

  private static func group(_ value: Value) -> String? {
    guard let text = value.string("the name of a group") else { return nil }
    guard PipelineFile.isName(text) else {
      value.report("the name of a group must be \(PipelineFile.nameRule)")
      return nil
    }
    return text
  }

  private static func mode(_ value: Value) -> Concurrency.Mode? {
    let expected = modes.joined(separator: ", ")
    guard let text = value.string("one of \(expected)") else { return nil }
    guard let mode = Concurrency.Mode(rawValue: text) else {
      value.report(
        "`\(value.path)` must be one of \(expected), not `\(text.shown(limit: 60))`",
        suggestion: Suggestion.didYouMean(text, modes))
      return nil
    }
    return mode
  }
}
