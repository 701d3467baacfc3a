import CGit2
import Glibc

extension Mirror {
  /// Fetches `ref`, and nothing else, from `url`. Makes the mirror where it is missing.
  ///
  /// Safe beside another fetch into the same mirror: one waits for the other.
  /// - Parameters:
  ///   - ref: the full name, `refs/heads/…` or `refs/tags/…`. The remote's truth replaces the mirror's, also
  ///     when it is not a descendant.
  ///   - message: gets lines for the run's log, the server's own words among them (escaped).
  /// - Returns: the id of the commit at the ref's tip; that behind an annotated tag.
  public func fetch(
    url: String, ref: String, policy: RemotePolicy, progress: (TransferProgress) -> Void,
    message: (String) -> Void
  ) throws(GitFailure) -> String {
    let operation = "fetch"
    let address = try RemoteAddress(url, allowedSchemes: policy.allowedSchemes, operation: operation)
    try Self.requirePlain(ref, operation)
    return try RemoteAttempts.run(policy, message: message) { () throws(GitFailure) in
      try fetchOnce(ref, from: address, policy: policy, progress: progress, message: message)
    }
  }

  private func fetchOnce(
    _ ref: String, from address: RemoteAddress, policy: RemotePolicy, progress: (TransferProgress) -> Void,
    message: (String) -> Void
  ) throws(GitFailure) -> String {
    let operation = "fetch"
    return try withRepository(
      address, policy: policy, operation: operation, progress: progress, message: message
    ) { repository, session throws(GitFailure) in
      let remote = try Remote(session, into: repository)
      let tips = try remote.connect()
      guard let tip = tips.first(where: { $0.name == ref })?.id else {
        throw Self.noSuchRef(ref, address: address, tips: tips.map(\.name), operation: operation)
      }
      try remote.download(["+\(ref):\(ref)"])
      do throws(LibraryError) {
        if let commit = try repository.commit(behind: tip) {
          try point(ref, to: tip, in: repository)
          return commit.hex
        }
      } catch {
        guard error.isNotACommit else {
          throw error.failure(operation: operation, "The fetched \(Escaped(ref)) cannot be recorded in \(path)")
        }
        throw GitFailure(
          .noSuchRef, operation: operation,
          "\(Escaped(ref)) of \(address.shown) is not a commit, so there is nothing to check out.",
          detail: error.message)
      }
      throw GitFailure(
        .network, operation: operation,
        "\(address.server) did not send the commit that it says \(Escaped(ref)) is at. Try again.",
        repetition: .once)
    }
  }

  /// Fetches every branch and tag, for a submodule's commit that is not here: libgit2 1.5 cannot ask for a
  /// commit by its id.
  func fetchAll(
    url: String, policy: RemotePolicy, progress: (TransferProgress) -> Void, message: (String) -> Void
  ) throws(GitFailure) {
    let operation = "fetch"
    let address = try RemoteAddress(url, allowedSchemes: policy.allowedSchemes, operation: operation)
    try RemoteAttempts.run(policy, message: message) { () throws(GitFailure) in
      try fetchAllOnce(from: address, policy: policy, progress: progress, message: message)
    }
  }

  private func fetchAllOnce(
    from address: RemoteAddress, policy: RemotePolicy, progress: (TransferProgress) -> Void,
    message: (String) -> Void
  ) throws(GitFailure) {
    let operation = "fetch"
    try withRepository(
      address, policy: policy, operation: operation, progress: progress, message: message
    ) { repository, session throws(GitFailure) in
      let remote = try Remote(session, into: repository)
      let tips = try remote.connect().filter {
        ($0.name.hasPrefix("refs/heads/") || $0.name.hasPrefix("refs/tags/")) && !$0.name.hasSuffix("^{}")
      }
      try remote.download(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"])
      for tip in tips {
        do throws(LibraryError) {
          try point(tip.name, to: tip.id, in: repository)
        } catch {
          throw error.failure(operation: operation, "\(Escaped(tip.name)) cannot be recorded in \(path)")
        }
      }
    }
  }

  /// Opens the mirror for writing, alone, with a conversation to fill it from.
  private func withRepository<Result>(
    _ address: RemoteAddress, policy: RemotePolicy, operation: String, progress: (TransferProgress) -> Void,
    message: (String) -> Void,
    _ body: (borrowing Repository, RemoteSession) throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    try policy.checkDeadline(operation, "fetching from \(address.shown)")
    return try MirrorLock.hold(
      mirror: path, policy: policy, operation: operation, message: message
    ) { () throws(GitFailure) in
      let repository = try openOrCreate(operation: operation, message: message)
      removeLeftovers()
      return try RemoteSession.with(
        address, policy: policy, operation: operation, progress: progress, message: message
      ) { session throws(GitFailure) in
        try body(repository, session)
      }
    }
  }

  /// Git keeps refs as paths: `refs/heads/a` and `refs/heads/a/b` exclude each other. What the remote has now
  /// is right, so what stands in its way is old. The time of the ref's file tells when it was last fetched.
  private func point(_ ref: String, to id: ObjectID, in repository: borrowing Repository) throws(LibraryError) {
    do {
      try repository.setReference(ref, to: id)
    } catch {
      let inTheWay = try repository.references().filter { $0.hasPrefix(ref + "/") || ref.hasPrefix($0 + "/") }
      guard !inTheWay.isEmpty else { throw error }
      for name in inTheWay { try repository.removeReference(name) }
      try repository.setReference(ref, to: id)
    }
    utimensat(AT_FDCWD, "\(path)/\(ref)", nil, AT_SYMLINK_NOFOLLOW)
  }

  /// A ref is going to be part of a refspec, where `:`, `*` and `^` have meanings of their own.
  private static func requirePlain(_ ref: String, _ operation: String) throws(GitFailure) {
    let bad: Set<UInt8> = Set(": *?[\\^~".utf8)
    guard ref.hasPrefix("refs/"), ref.utf8.count <= 1024,
      ref.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && !bad.contains($0) }), !ref.contains("..")
    else {
      throw GitFailure(
        .noSuchRef, operation: operation, "\"\(Escaped(ref))\" is not a full ref name such as refs/heads/main.")
    }
  }

  private static func noSuchRef(
    _ ref: String, address: RemoteAddress, tips: [String], operation: String
  ) -> GitFailure {
    let kind = ref.hasPrefix("refs/tags/") ? "tag" : "branch"
    let prefix = kind == "tag" ? "refs/tags/" : "refs/heads/"
    let name = ref.hasPrefix(prefix) ? String(ref.dropFirst(prefix.count)) : ref
    let there = tips.filter { $0.hasPrefix(prefix) && !$0.hasSuffix("^{}") }.map { String($0.dropFirst(prefix.count)) }
    let list =
      tips.isEmpty
      ? "The repository is empty."
      : there.isEmpty
        ? "It has no \(kind == "tag" ? "tags" : "branches") at all."
        : """
        It has \
        \(there.prefix(5).map { "\"\(Escaped($0))\"" }.joined(separator: ", "))\(there.count > 5 ? " and \(there.count - 5) more" : "").
        """
    return GitFailure(
      .noSuchRef, operation: operation,
      "\(address.shown) has no \(kind) \"\(Escaped(name))\" (any more). \(list)")
  }
}
