import Git
import Model

/// Which files a push has changed: what `on.push.paths` and a step's `when.path` ask, answered from the mirror and never from
/// the payload.
///
/// They are those in which the commit differs from the one of the last run that succeeded, so that what an earlier push
/// changed and no run brought to its end is not forgotten; and from those that later runs began to deploy and did not bring to
/// their end, which may be live, so that what takes their changes back is deployed. Before the first run: from where the ref
/// was.
struct ChangedPaths {
  let spec: RunSpec
  let mirror: Git.Mirror
  /// Fetches another ref of the repository, and gives its tip.
  let fetch: (_ ref: RefName) throws -> String

  /// More changed files than these are looked at by nobody.
  static let most = 100_000
  private static let mostRemembered = 10_000

  /// What there is to compare with.
  private enum Base: Equatable {
    /// Pairs of commits: the files are those of all pairs together.
    case commits([Pair], words: String)
    /// Nothing is, for a reason: a sentence.
    case none(String)
  }

  struct Pair: Equatable {
    var old: String
    var new: String
  }

  /// Whether patterns for paths count for this run at all, and what they are measured by.
  enum Measure: Equatable {
    /// No: each holds. With a line for the log, where there is something to say.
    case none(String?)
    case commits([Pair], words: String)
  }

  func measure(of commit: String) throws -> Measure {
    guard isByPush else { return .none(nil) }
    guard spec.request.ref.tag == nil else {
      return .none("a tag is no change of files: what is said of paths does not count for it")
    }
    // What was begun is gone on with, whatever another has deployed since.
    if spec.request.trigger == .rerun, spec.newest?.commit.hex == commit { return .none(nil) }
    switch try base(of: commit) {
    case .none(let reason): return .none("what changed cannot be told, so all of it counts as changed: \(reason)")
    case .commits(let pairs, let words): return .commits(pairs, words: words)
    }
  }

  /// A push started the run, or the one that was interrupted and is repeated; and no person asked for just this commit, by
  /// `rerun` or `replay`.
  private var isByPush: Bool {
    guard spec.request.mayGoBack != true else { return false }
    return switch spec.request.trigger == .rerun ? spec.request.origin ?? .push : spec.request.trigger {
    case .push, .poll, .rerun: true
    case .webhook, .schedule, .manual: false
    }
  }

  private func base(of commit: String) throws -> Base {
    let request = spec.request
    if spec.newest != nil {
      guard let good = spec.succeeded else { return .none("no run of \(request.ref.short) has succeeded yet") }
      let unfinished = spec.unfinished ?? []
      guard unfinished.count <= DeployedRef.mostUnfinished else {
        return .none("more than \(DeployedRef.mostUnfinished) commits have been begun since run \(good.run) succeeded")
      }
      let places = ([good] + unfinished).filter { $0.commit.hex != commit }
      if !places.isEmpty { return try compare(places, commit, since: good) }
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

  /// - Parameter places: what may be live, in whole or in part.
  private func compare(_ places: [DeployedCommit], _ commit: String, since good: DeployedCommit) throws -> Base {
    var pairs: [Pair] = []
    for place in places {
      guard let known = try mirror.known(place.commit.hex) else {
        return .none("\(place.commit.short), the commit of run \(place.run), is not there any more")
      }
      switch try compare(known, commit, "the commit of run \(place.run), \(place.commit.short)") {
      case .none(let reason): return .none(reason)
      case .commits(let more, _): pairs += more.filter { !pairs.contains($0) }
      }
    }
    let deployed = places.contains(good) ? ["what run \(good.run) deployed, \(good.commit.short)"] : []
    let later = places.filter { $0 != good }.map { String($0.run) }.joined(separator: ", ")
    let begun = later.isEmpty ? [] : ["what did not succeed since (run \(later))"]
    return .commits(pairs, words: (deployed + begun).joined(separator: ", and with "))
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

  /// What was looked at, for sentences.
  struct Look {
    var count = 0
    var example: String?

    /// Such as `2 files, such as docs/a.md`.
    var words: String {
      guard let example else { return "no files" }
      return count == 1
        ? "1 file, \(example.shown(limit: 200))" : "\(count) files, such as \(example.shown(limit: 200))"
    }
  }

  /// - Parameter visit: gets each path, perhaps twice; false ends it.
  /// - Returns: what was looked at; `nil` where there are more than `most`.
  func visit(_ pairs: [Pair], _ visit: (String) -> Bool) throws -> Look? {
    var look = Look()
    var isOver = false
    // Of several pairs the same file may come more than once; what is beyond the bound counts each time.
    var seen: Set<String> = []
    for pair in pairs where !isOver {
      try mirror.changes(from: pair.old, to: pair.new) { path in
        if pairs.count > 1, seen.count < ChangedPaths.mostRemembered, !seen.insert(path).inserted { return true }
        look.count += 1
        if look.example == nil { look.example = path }
        isOver = look.count > ChangedPaths.most || !visit(path)
        return !isOver
      }
    }
    return look.count > ChangedPaths.most ? nil : look
  }

  /// Patterns as they stand in sentences.
  static func listed(_ patterns: [String]) -> String {
    let more = patterns.count > 10 ? ", and \(patterns.count - 10) more" : ""
    return "[" + patterns.prefix(10).map { $0.shown(limit: 100) }.joined(separator: ", ") + more + "]"
  }
}
