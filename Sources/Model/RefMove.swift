/// Where a ref now stands, as one pipeline is told it: by a sender, or by the agent's own look.
///
/// What a pipeline was told last is remembered, whether a run came of it or not, so that a push which comes to the
/// agent in two ways runs once, and one that never came can be found.
public struct RefMove: Hashable, Sendable {
  /// How it is known.
  public enum Basis: Hashable, Sendable {
    /// A delivery says so.
    case told
    /// The agent looked, and compared with the commit that was handled last (`nil`: none). Where that has changed
    /// since, what was seen may be older than what was told meanwhile, and does not count.
    case seen(since: CommitID?)
    /// A delivery says so that was sent before the agent looked last, so the ref has been seen where it stood then. It
    /// does not count, unless it names the very commit that the ref was first seen at.
    case late
  }

  /// The pipeline's name.
  public var pipeline: String
  /// The repository's identity: a pipeline that is given another repository was told nothing of it.
  public var repository: String
  public var ref: RefName
  /// What the ref names, as it was told; `nil` where the ref is gone.
  public var commit: CommitID?
  /// An annotated tag's own id, where `commit` is the commit behind it.
  public var tag: CommitID?
  public var basis: Basis

  public init(
    pipeline: String, repository: String, ref: RefName, commit: CommitID?, tag: CommitID? = nil, basis: Basis = .told
  ) {
    self.pipeline = pipeline
    self.repository = repository
    self.ref = ref
    self.commit = commit
    self.tag = tag
    self.basis = basis
  }
}
