import Model

/// A step on its way from its file.
struct StepDraft {
  var step: Step
  /// Variables of the pipeline that no `env` may hide.
  let secrets: [String]
  /// Of `needs`, where that is there.
  var needs: [Value]?
  /// Where its name stands; `nil` until one is made up.
  var nameValue: Value?
  /// Where the step stands.
  var value: Value
  /// Where its script stands; `nil` where it has none.
  var script: Value?
  /// The `include` that it came by.
  var includedBy: Value?

  /// `shop.yml`'s own lines are said by number, those of an included file with its name.
  var place: String {
    let line = "line \((nameValue ?? value).node.position.line)"
    return includedBy == nil ? line : "\(line) of \(value.file.shown(limit: 200))"
  }
}
