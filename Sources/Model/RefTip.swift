/// A ref, and what it names.
public struct RefTip: Hashable, Sendable {
  public var ref: RefName
  /// The commit; of an annotated tag, the commit behind it where that is known, else the tag itself.
  public var commit: CommitID
  /// An annotated tag's own id, where `commit` is known to be the commit behind it.
  public var tag: CommitID?

  public init(ref: RefName, commit: CommitID, tag: CommitID? = nil) {
    self.ref = ref
    self.commit = commit
    self.tag = tag
  }
}
