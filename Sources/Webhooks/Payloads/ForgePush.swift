import Model

/// One moved ref, as the forges' payloads have it before it is checked.
struct ForgePush {
  var repository: String
  var addresses: [RepositoryURL]
  /// The full name, as sent.
  var ref: String
  /// Where that stood, for the sentence where it is no name.
  var refField: String
  var before: CommitID
  var after: CommitID
  var created: Bool?
  var deleted: Bool?
  var forced: Bool?
  var pusher: String?
  var message: String?

  /// `nil` where the ref is neither a branch nor a tag.
  func push() throws(Unreadable) -> Push? {
    guard let ref = RefName(ref) else {
      throw .body("`\(refField)` in the payload is not the full name of a Git reference.")
    }
    guard ref.branch != nil || ref.tag != nil else { return nil }
    return Push(
      repository: BoundedText.line(repository, limit: 512), addresses: addresses, ref: ref, before: before,
      after: after, created: created ?? before.isZero,
      // Zeros name no commit: whatever a flag says, there is nothing to deploy.
      deleted: deleted == true || after.isZero, forced: forced ?? false,
      pusher: pusher.map { BoundedText.line($0, limit: 256) },
      message: message.map { BoundedText.text($0, limit: 64 << 10) })
  }

  func meaning(id: String?, event: String) throws(Unreadable) -> Meaning {
    if let push = try push() { return Meaning(id: id, event: event, push: push, ignored: nil) }
    let name = BoundedText.line(ref, limit: 200)
    return .emptyPush(event, id: id, "ref \(name) is neither a branch nor a tag")
  }
}

extension CommitID {
  /// As many zeros as `other` has digits: "no commit".
  static func none(like other: CommitID?) -> CommitID? {
    CommitID(String(repeating: "0", count: other?.hex.utf8.count ?? 40))
  }
}

extension RepositoryURL {
  /// Every address that can be read, each once. They are compared with configured ones and never fetched.
  static func readable(_ texts: [String?]) -> [RepositoryURL] {
    var seen: [String] = []
    for text in texts.compactMap({ $0 }) where !seen.contains(text) { seen.append(text) }
    return seen.compactMap { try? RepositoryURL($0) }
  }
}
