import Model

/// Gogs' `create` event: the only word it has for a new tag. It carries no older id, for there is none.
struct GogsCreatePayload: Decodable {
  var ref: String
  var refType: String
  var sha: CommitID?
  var repository: PushPayload.Repository
  var sender: PushPayload.Person?

  enum CodingKeys: String, CodingKey {
    case ref, sha, repository, sender
    case refType = "ref_type"
  }

  func meaning(id: String?, event: String) throws(Unreadable) -> Meaning {
    guard refType == "tag" else {
      return Meaning(id: id, event: event, push: nil, ignored: "a push event tells of the new branch itself")
    }
    guard let sha else { throw .body("The payload has no `sha`.") }
    guard let before = CommitID(String(repeating: "0", count: sha.hex.utf8.count)) else {
      throw .body("`sha` in the payload is not a commit id.")
    }
    let payload = PushPayload(
      ref: ref.utf8.starts(with: "refs/".utf8) ? ref : "refs/tags/" + ref, before: before, after: sha,
      created: true, repository: repository, pusher: sender)
    return try payload.meaning(id: id, event: event)
  }
}

/// The commits of a Gogs push, which has no `head_commit`.
struct GogsCommits: Decodable {
  var commits: [PushPayload.Commit]?

  func message(of commit: CommitID) -> String? {
    commits?.first { $0.id == commit.hex }?.message.map { BoundedText.text($0, limit: 64 << 10) }
  }
}
