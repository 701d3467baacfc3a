import Model

/// A push as Bitbucket Data Center writes it: all refs that one `git push` moved.
struct BitbucketServerPayload: Decodable {
  var actor: Actor?
  var repository: Repository
  var changes: [Change]
  /// The newest commit, since 7.x; of the first change.
  var toCommit: Commit?

  struct Actor: Decodable {
    var name: String?
    var displayName: String?
  }

  struct Repository: Decodable {
    var slug: String
    var project: Project
    /// Some versions send none, or none to clone from; project and slug are then all that tells the repository.
    var links: Links?

    struct Project: Decodable { var key: String }
    struct Links: Decodable { var clone: [Link]? }
    struct Link: Decodable { var href: String? }
  }

  struct Change: Decodable {
    var ref: Ref?
    var refId: String?
    var fromHash: CommitID
    var toHash: CommitID
    /// `ADD`, `UPDATE` or `DELETE`.
    var type: String?

    struct Ref: Decodable { var id: String? }
  }

  struct Commit: Decodable {
    var id: String?
    var message: String?
  }
}

extension BitbucketServerPayload {
  func meaning(id: String?, event: String) throws(Unreadable) -> Meaning {
    let addresses = RepositoryURL.readable((repository.links?.clone ?? []).map(\.href))
    var pushes: [Push] = []
    for (index, change) in changes.enumerated() {
      guard let ref = change.ref?.id ?? change.refId else {
        throw .body("The payload has no `changes.\(index).ref.id`.")
      }
      let push = try ForgePush(
        repository: "\(repository.project.key)/\(repository.slug)", addresses: addresses, ref: ref,
        refField: "changes.\(index).ref.id", before: change.fromHash, after: change.toHash,
        created: change.type == "ADD" || change.fromHash.isZero, deleted: change.type == "DELETE",
        pusher: [actor?.name, actor?.displayName].compactMap { $0 }.first { !$0.isEmpty },
        message: toCommit?.id == change.toHash.hex ? toCommit?.message : nil
      ).push()
      if let push { pushes.append(push) }
    }
    return .severalRefs(pushes, event, id: id)
  }
}
