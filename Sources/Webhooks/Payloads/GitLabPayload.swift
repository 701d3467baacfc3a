import Model

/// What happened, in the body of a GitLab webhook: project hooks say it in `object_kind`, system hooks in
/// `event_name`.
struct GitLabEvent: Decodable {
  var objectKind: String?
  var eventName: String?

  enum CodingKeys: String, CodingKey {
    case objectKind = "object_kind"
    case eventName = "event_name"
  }

  var name: String? { objectKind ?? eventName }
}

/// A push or tag push as GitLab writes it.
struct GitLabPayload: Decodable {
  var ref: String
  var before: CommitID
  /// For an annotated tag the id of the tag object.
  var after: CommitID
  /// The commit behind `after`; null where the ref was deleted.
  var checkoutSHA: String?
  var userName: String?
  var userUsername: String?
  var project: Project?
  var repository: Repository?
  var commits: [PushPayload.Commit]?

  enum CodingKeys: String, CodingKey {
    case ref, before, after, project, repository, commits
    case checkoutSHA = "checkout_sha"
    case userName = "user_name"
    case userUsername = "user_username"
  }

  struct Project: Decodable {
    var path: String
    var httpURL: String?
    var sshURL: String?
    var webURL: String?

    enum CodingKeys: String, CodingKey {
      case path = "path_with_namespace"
      case httpURL = "git_http_url"
      case sshURL = "git_ssh_url"
      case webURL = "web_url"
    }
  }

  /// The older form of the same; before GitLab 8.5 the only one.
  struct Repository: Decodable {
    var url: String?
    var httpURL: String?
    var sshURL: String?
    var homepage: String?

    enum CodingKeys: String, CodingKey {
      case url, homepage
      case httpURL = "git_http_url"
      case sshURL = "git_ssh_url"
    }
  }
}

extension GitLabPayload {
  /// The account's name rather than the one to show: that one anybody sets to anything, also to somebody else's.
  private var pusher: String? { [userUsername, userName].compactMap { $0 }.first { !$0.isEmpty } }

  func meaning(id: String?, event: String) throws(Unreadable) -> Meaning {
    let texts = [
      project?.httpURL, project?.sshURL, project?.webURL, repository?.httpURL, repository?.sshURL, repository?.url,
      repository?.homepage,
    ]
    let addresses = RepositoryURL.readable(texts)
    guard let first = addresses.first else {
      throw .body("`project.git_http_url` in the payload is missing or not an address, and so are the others.")
    }
    return try ForgePush(
      repository: project?.path ?? first.name, addresses: addresses, ref: ref, refField: "ref",
      before: before, after: after, pusher: pusher,
      message: commits?.last { $0.id == checkoutSHA ?? after.hex }?.message
    ).meaning(id: id, event: event)
  }
}
