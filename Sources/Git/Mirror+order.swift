extension Mirror {
  /// Which of several commits is the newest, and which of them it takes the place of; both as places in the list.
  public struct Order: Equatable, Sendable {
    /// `nil` where `ref` has none of them (any more).
    public var newest: Int?
    public var older: [Int]

    public init(newest: Int?, older: [Int]) {
      self.newest = newest
      self.older = older
    }
  }

  /// Whether `commit` is a strict ancestor of `newest`. One that is not in the mirror is no relation.
  public func isCommit(_ commit: String, olderThan newest: String) throws(GitFailure) -> Bool {
    do throws(LibraryError) {
      let repository = try Repository(openBare: path)
      guard let older = try Self.commit(commit, in: repository), let newer = try Self.commit(newest, in: repository)
      else { return false }
      return try repository.isCommit(older, ancestorOf: newer)
    } catch {
      throw error.failure(operation: "compare", "The mirror \(path) cannot be read")
    }
  }

  /// Compares commits of `ref`, as fetched last: a descendant is newer than its ancestors, and of two without such a
  /// relation the one that came later. A commit that the ref does not have (any more) is never the newest.
  ///
  /// - Parameter commits: in the order in which they came; `nil` is the ref's tip. Each is an id of a commit, or of a tag
  ///   object, whose commit is meant then.
  public func order(of commits: [String?], in ref: String) throws(GitFailure) -> Order {
    do throws(LibraryError) {
      let repository = try Repository(openBare: path)
      guard let target = try repository.target(ofReference: ref), let tip = try repository.commit(behind: target)
      else { return Order(newest: nil, older: []) }
      var newest: (place: Int, commit: ObjectID)?
      var older: [Int] = []
      for (place, text) in commits.enumerated() {
        var commit = tip
        if let text {
          guard let known = try Self.commit(text, in: repository) else { continue }
          commit = known
        }
        if let newest, try repository.isCommit(commit, ancestorOf: newest.commit) {
          older.append(place)
        } else {
          var isPartOfRef = commit == tip
          if !isPartOfRef { isPartOfRef = try repository.isCommit(commit, ancestorOf: tip) }
          if isPartOfRef { newest = (place, commit) }
        }
      }
      guard let newest else { return Order(newest: nil, older: []) }
      return Order(newest: newest.place, older: Array(0..<newest.place) + older.filter { $0 > newest.place })
    } catch {
      throw error.failure(operation: "compare", "The mirror \(path) cannot be read")
    }
  }

  /// `nil` for what is no commit, or is not here.
  static func commit(_ text: String, in repository: borrowing Repository) throws(LibraryError) -> ObjectID? {
    guard let id = ObjectID(hex: text) else { return nil }
    do {
      return try repository.commit(behind: id)
    } catch {
      guard error.isNotACommit else { throw error }
      return nil
    }
  }
}
