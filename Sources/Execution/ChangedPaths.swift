import Git
import Model

/// Which files a push has changed: what `on.push.paths` asks, answered from the mirror and never from the payload.
///
/// They are those in which the commit differs from the one that was deployed last, so that what an earlier push changed and
/// no run deployed is not forgotten; before anything was deployed, from where the ref was.
struct ChangedPaths {
  let spec: RunSpec
  let mirror: Git.Mirror
  /// Fetches another ref of the repository, and gives its tip.
  let fetch: (_ ref: RefName) throws -> String

  /// More changed files than these are looked at by nobody.
  static let most = 100_000

  /// What there is to compare with.
  enum Base: Equatable {
    /// Pairs of commits: the files are those of all pairs together.
    case commits([Pair], words: String)
    /// Nothing is, for a reason: a sentence.
    case none(String)
  }

  struct Pair: Equatable {
    var old: String
    var new: String
  }

  func base(of commit: String) throws -> Base {
    let request = spec.request
    let newest = request.mayGoBack == true ? nil : spec.newest
    if let newest, newest.commit.hex != commit, let known = try mirror.known(newest.commit.hex) {
      return try compare(known, commit, "what run \(newest.run) deployed, \(newest.commit.short)")
    }
    if let before = request.before, !before.isZero {
      guard let known = try mirror.known(before.hex) else {
        return .none("\(before.short), where \(request.ref.short) was before, is not there any more")
      }
      return try compare(known, commit, "where \(request.ref.short) was before, \(before.short)")
    }
    let other = request.pipeline.usualRef
    guard other != request.ref else { return .none("nothing is known of what \(request.ref.short) was before") }
    let tip: String
    do {
      tip = try fetch(other)
    } catch let failure as GitFailure {
      return .none(
        "\(request.ref.short) is new, and there is no \(other.short) to compare it with: \(failure.description)")
    }
    switch try mirror.relation(of: tip, and: commit) {
    case .line:
      // What the new branch has is part of the other one, or the other one part of it.
      return .commits(
        [try mirror.isCommit(tip, olderThan: commit) ? Pair(old: tip, new: commit) : nil].compactMap { $0 },
        words: "\(other.short), from which \(request.ref.short) comes")
    case .parted(let base):
      return .commits(
        [Pair(old: base, new: commit)],
        words: "\(base.prefix(8)), where \(request.ref.short) has left \(other.short)")
    case .unrelated: return .none("\(request.ref.short) is new, and has no commit in common with \(other.short)")
    }
  }

  /// Of two histories that have parted, what either has changed since: the old one's changes are taken back.
  private func compare(_ old: String, _ commit: String, _ words: String) throws -> Base {
    switch try mirror.relation(of: old, and: commit) {
    case .line: return .commits([Pair(old: old, new: commit)], words: words)
    case .parted(let base):
      return .commits([Pair(old: base, new: old), Pair(old: base, new: commit)], words: words)
    case .unrelated: return .none("it has no commit in common with \(words)")
    }
  }

  /// - Parameter visit: gets each path, perhaps twice; false ends it.
  /// - Returns: how many were looked at; `nil` where there are more than `most`.
  func visit(_ pairs: [Pair], _ visit: (String) -> Bool) throws -> Int? {
    var count = 0
    var isOver = false
    for pair in pairs where !isOver {
      try mirror.changes(from: pair.old, to: pair.new) { path in
        count += 1
        isOver = count > ChangedPaths.most || !visit(path)
        return !isOver
      }
    }
    return count > ChangedPaths.most ? nil : count
  }
}
