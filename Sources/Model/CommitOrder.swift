/// Tells which of several commits of one ref is the newest: who came last, unless the history says otherwise.
public protocol CommitOrder: Sendable {
  /// - Throws: why it could not be found out.
  func order(_ question: OrderQuestion) async throws -> OrderAnswer
}

/// Which of these commits is the newest? Only a runner can say: it has the mirrors.
public struct OrderQuestion: Codable, Sendable {
  public var url: String
  public var credentials: [RepositoryCredential]
  public var allowedSchemes: [RepositoryURL.Scheme]
  /// Absolute path of the repository's mirror.
  public var mirror: String
  public var ref: RefName
  /// In the order in which they came; `nil` is the ref's tip, whatever that is.
  public var commits: [CommitID?]
  /// For the whole of it, with the fetch.
  public var timeout: Seconds

  public init(
    url: String, credentials: [RepositoryCredential], allowedSchemes: [RepositoryURL.Scheme], mirror: String,
    ref: RefName, commits: [CommitID?], timeout: Seconds
  ) {
    self.url = url
    self.credentials = credentials
    self.allowedSchemes = allowedSchemes
    self.mirror = mirror
    self.ref = ref
    self.commits = commits
    self.timeout = timeout
  }
}

/// Places in the question's list.
public struct OrderAnswer: Codable, Hashable, Sendable {
  /// `nil` where the ref has none of them (any more).
  public var newest: Int?
  /// What `newest` takes the place of: all that came before it, and of what came after it the ancestors.
  public var older: [Int]
  /// Why there is no answer, in a sentence.
  public var error: String?

  public init(newest: Int?, older: [Int], error: String? = nil) {
    self.newest = newest
    self.older = older
    self.error = error
  }
}
