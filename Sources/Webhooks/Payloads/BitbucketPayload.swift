import Model

/// A push as Bitbucket Cloud writes it: all refs that one `git push` moved.
struct BitbucketPayload: Decodable {
  var actor: Actor?
  var repository: Repository
  var push: Changes

  struct Actor: Decodable {
    var nickname: String?
    var username: String?
    var displayName: String?

    enum CodingKeys: String, CodingKey {
      case nickname, username
      case displayName = "display_name"
    }
  }

  struct Repository: Decodable {
    var fullName: String
    var links: Links?

    enum CodingKeys: String, CodingKey {
      case links
      case fullName = "full_name"
    }

    struct Links: Decodable { var html: Link? }
    struct Link: Decodable { var href: String? }
  }

  struct Changes: Decodable { var changes: [Change] }

  struct Change: Decodable {
    /// Null where the ref was deleted.
    var new: State?
    /// Null where the ref is new.
    var old: State?
    var created: Bool?
    var closed: Bool?
    var forced: Bool?
  }

  struct State: Decodable {
    /// `branch` or `tag`; `named_branch` and `bookmark` are Mercurial's.
    var type: String
    var name: String
    var target: Target

    struct Target: Decodable {
      var hash: CommitID
      var message: String?
    }
  }
}

extension BitbucketPayload {
  func meaning(id: String?, event: String) throws(Unreadable) -> Meaning {
    // There is one Bitbucket Cloud, and the payload has no address to clone from: the full name makes it.
    let addresses = RepositoryURL.readable(
      ["https://bitbucket.org/\(repository.fullName)", repository.links?.html?.href])
    guard !addresses.isEmpty else { throw .body("`repository.full_name` in the payload is not owner/name.") }
    var pushes: [Push] = []
    for (index, change) in push.changes.enumerated() {
      if let push = try moved(change, index, addresses) { pushes.append(push) }
    }
    return .severalRefs(pushes, event, id: id)
  }

  private func moved(_ change: Change, _ index: Int, _ addresses: [RepositoryURL]) throws(Unreadable) -> Push? {
    let field = "push.changes.\(index)"
    guard let state = change.new ?? change.old else {
      throw .body("`\(field)` in the payload has neither `new` nor `old`.")
    }
    let folder: String
    switch state.type {
    case "branch": folder = "heads"
    case "tag", "annotated_tag": folder = "tags"
    default: return nil
    }
    guard let none = CommitID.none(like: state.target.hash) else { return nil }
    let names = [actor?.nickname, actor?.username, actor?.displayName]
    return try ForgePush(
      repository: repository.fullName, addresses: addresses, ref: "refs/\(folder)/\(state.name)",
      refField: "\(field).new.name", before: change.old?.target.hash ?? none, after: change.new?.target.hash ?? none,
      created: change.created, deleted: change.closed, forced: change.forced,
      pusher: names.compactMap { $0 }.first { !$0.isEmpty }, message: change.new?.target.message
    ).push()
  }
}
