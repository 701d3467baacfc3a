public import Model

/// The refs that a push trigger names: what a pipeline that looks by itself looks at.
///
/// The same rules as `PushMatching`'s, without the sentences, for a whole repository's refs at a time.
public struct WatchedRefs: Sendable {
  /// `nil`: none.
  private let branches: GlobList?
  private let tags: GlobList?

  public init(_ trigger: PushTrigger) {
    let branches = trigger.branches ?? (trigger.tags == nil ? ["**"] : nil)
    // Patterns that cannot be read match nothing, as for a push; the file's reader has refused them.
    self.branches = branches.flatMap { try? GlobList($0) }
    tags = trigger.tags.flatMap { try? GlobList($0) }
  }

  public func contains(_ ref: RefName) -> Bool {
    let answer = ref.branch.flatMap { branches?.answer(to: $0) } ?? ref.tag.flatMap { tags?.answer(to: $0) }
    if case .included = answer { return true }
    return false
  }
}
