import Model

/// A push as GitHub, and after it Gitea, Forgejo and Gogs, write it.
///
/// What decides a deploy (`ref`, `before`, `after`, the repository) must be there and well formed; what only
/// people read may be missing.
struct PushPayload: Decodable {
  /// As sent; see `push()`.
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
    guard let ref = RefName(ref) else {
      throw .body("`ref` in the payload is not the full name of a Git reference.")
    }
    guard ref.branch != nil || ref.tag != nil else {
      let name = BoundedText.line(ref.full, limit: 200)
      return Meaning(id: id, event: event, push: nil, ignored: "ref \(name) is neither a branch nor a tag")
    }
    let addresses = repository.addresses
    guard !addresses.isEmpty else {
      throw .body("`repository.clone_url` in the payload is missing or not an address, and so are the others.")
    }
    let push = Push(
      repository: BoundedText.line(repository.fullName, limit: 512), addresses: addresses, ref: ref,
      before: before, after: after,
      created: created ?? before.isZero,
      // Zeros name no commit: whatever the flag says, there is nothing to deploy.
      deleted: deleted == true || after.isZero,
      forced: forced ?? false,
      pusher: (pusher?.word ?? sender?.word).map { BoundedText.line($0, limit: 256) },
      message: headCommit?.message.map { BoundedText.text($0, limit: 64 << 10) })
    return Meaning(id: id, event: event, push: push, ignored: nil)
  }
}

extension PushPayload.Repository {
  /// Every address that can be read, each once. They are compared with configured ones and never fetched.
  var addresses: [RepositoryURL] {
    var seen: [String] = []
    for text in [cloneURL, sshURL, gitURL, htmlURL, url].compactMap({ $0 }) where !seen.contains(text) {
      seen.append(text)
    }
    return seen.compactMap { try? RepositoryURL($0) }
  }
}

extension PushPayload.Person {
  /// The account's name; forges write empty strings where they know none.
  var word: String? {
    [login, username, name].compactMap { $0 }.first { !$0.isEmpty }
  }
}
