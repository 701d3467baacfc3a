/// One ref as a server shows it.
public struct RemoteTip: Sendable, Hashable {
  /// `HEAD`, `refs/heads/main`, …
  public var name: String
  /// The object the ref names; for an annotated tag, the tag object.
  public var id: String
  /// The commit behind an annotated tag.
  public var peeled: String?

  public init(name: String, id: String, peeled: String?) {
    self.name = name
    self.id = id
    self.peeled = peeled
  }
}
