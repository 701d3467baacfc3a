/// What a delivery of a forge says: which ref of which repository moved from where to where.
public struct Push: Codable, Hashable, Sendable {
  /// `owner/name` as the forge calls it, for people.
  public var repository: String
  /// Every address the payload gives for the repository; empty where it gives none (Bitbucket Data Center). Only
  /// compared with configured ones, never fetched.
  public var addresses: [RepositoryURL]
  public var ref: RefName
  /// All zeros where the ref is new.
  public var before: CommitID
  /// The pushed commit; all zeros where the ref was deleted. For an annotated tag, the tag object or the
  /// commit, as the forge sends it.
  public var after: CommitID
  public var created: Bool
  public var deleted: Bool
  public var forced: Bool
  public var pusher: String?
  /// The head commit's message, where the payload carries it. At most 64 KiB.
  public var message: String?

  public init(
    repository: String, addresses: [RepositoryURL], ref: RefName, before: CommitID, after: CommitID,
    created: Bool, deleted: Bool, forced: Bool, pusher: String?, message: String?
  ) {
    self.repository = repository
    self.addresses = addresses
    self.ref = ref
    self.before = before
    self.after = after
    self.created = created
    self.deleted = deleted
    self.forced = forced
    self.pusher = pusher
    self.message = message
  }
}
