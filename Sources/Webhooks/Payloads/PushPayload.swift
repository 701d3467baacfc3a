import Model

/// A push as GitHub, and after it Gitea, Forgejo and Gogs, write it.
///
/// What decides a deploy (`ref`, `before`, `after`, the repository) must be there and well formed; what only
/// people read may be missing.
struct PushPayload: Decodable {
  /// As sent.
  var ref: String
  var before: CommitID
  var after: CommitID
  var created: Bool?
  var deleted: Bool?
  var forced: Bool?
  var repository: Repository
  var pusher: Person?
  var sender: Person?
  var headCommit: Commit?

  enum CodingKeys: String, CodingKey {
    case ref, before, after, created, deleted, forced, repository, pusher, sender
    case headCommit = "head_commit"
  }

  struct Repository: Decodable {
    var fullName: String
    var cloneURL: String?
    var sshURL: String?
    var gitURL: String?
    var htmlURL: String?
    var url: String?

    enum CodingKeys: String, CodingKey {
      case fullName = "full_name"
      case cloneURL = "clone_url"
      case sshURL = "ssh_url"
      case gitURL = "git_url"
      case htmlURL = "html_url"
      case url
    }
  }

  struct Person: Decodable {
    var login: String?
    var username: String?
    var name: String?
  }

  struct Commit: Decodable {
    var id: String?
    var message: String?
  }
}

extension PushPayload {
  /// What the payload says, or why it starts nothing.
  func meaning(id: String?, event: String) throws(Unreadable) -> Meaning {
    let addresses = repository.addresses
    guard !addresses.isEmpty else {
      throw .body("`repository.clone_url` in the payload is missing or not an address, and so are the others.")
    }
    return try ForgePush(
      repository: repository.fullName, addresses: addresses, ref: ref, refField: "ref", before: before, after: after,
      created: created, deleted: deleted, forced: forced, pusher: pusher?.word ?? sender?.word,
      message: headCommit?.message
    ).meaning(id: id, event: event)
  }
}

extension PushPayload.Repository {
  var addresses: [RepositoryURL] { RepositoryURL.readable([cloneURL, sshURL, gitURL, htmlURL, url]) }
}

extension PushPayload.Person {
  /// The account's name; forges write empty strings where they know none.
  var word: String? {
    [login, username, name].compactMap { $0 }.first { !$0.isEmpty }
  }
}
