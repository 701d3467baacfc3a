/// Why a Git operation did not do its work.
///
/// `description` is for the person who pushed: a full sentence that names what was found and what to do.
/// `detail` is for the operator. Neither holds a secret.
public struct GitFailure: Error, Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    /// The server asked for credentials and got none that it takes.
    case authentication
    /// The server's SSH host key is unknown, changed or revoked.
    case hostKey
    /// There is no such repository, or it may not be seen.
    case notFound
    /// The repository has no such branch or tag.
    case noSuchRef
    /// The commit is not part of the ref's history (any more).
    case unreachable
    /// The server could not be reached, or the connection broke.
    case network
    /// The time for the operation is over.
    case deadline
    /// The address, a redirect or another host is not allowed.
    case forbidden
    /// The server sends more than it may, or what it sends takes more memory than there is.
    case tooMuch
    /// The commit holds something that must not be written to disk.
    case hostileTree
    /// The workspace could not be made equal to the commit.
    case checkout
    /// Anything else: a defect here, or a broken mirror.
    case `internal`
  }

  /// Whether the same may go well at another time.
  public enum Repetition: Sendable {
    /// The cause stays until somebody removes it.
    case never
    /// It would be strange if it went away; one more attempt tells.
    case once
    /// A broken connection, a server in trouble, a limit of time.
    case mayPass
  }

  public let kind: Kind
  /// What was being done: `fetch`, `prove`, `list`, `check out`.
  public let operation: String
  public let description: String
  /// libgit2's own words.
  public let detail: String?
  public let repetition: Repetition

  public init(
    _ kind: Kind, operation: String, _ description: String, detail: String? = nil, repetition: Repetition = .never
  ) {
    self.kind = kind
    self.operation = operation
    self.description = description
    self.detail = detail
    self.repetition = repetition
  }
}
