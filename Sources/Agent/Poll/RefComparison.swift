import Model
import Pipelines

/// What one look at a repository means for one pipeline.
struct RefComparison {
  /// The branches and tags that are watched now.
  let watched: PushTrigger
  /// Whether what is remembered of the pipeline has to be put right, besides what the changes bring.
  var begins: Bool { isNewlyWatched || !dropped.isEmpty }
  /// Refs that were not watched before: where they stand is remembered, and nothing starts.
  private(set) var firstSeen: [RefTip] = []
  /// Refs that are remembered and not watched any more.
  private(set) var dropped: [RefName] = []
  private(set) var changes: [RefChange] = []
  private let isNewlyWatched: Bool

  /// - Parameters:
  ///   - tips: every branch and tag of the repository.
  ///   - handled: what was remembered before the look: a delivery that comes in between must not be taken for old.
  init(of tips: [RefTip], with handled: HandledRefs, watching trigger: PushTrigger) {
    watched = PushTrigger(branches: trigger.branches, tags: trigger.tags, skip: nil)
    isNewlyWatched = watched != handled.watched
    let now = WatchedRefs(watched)
    let before = handled.watched.map { WatchedRefs($0) }

    let known = Dictionary(handled.refs.map { ($0.ref, $0) }, uniquingKeysWith: { $1 })
    for tip in tips where now.contains(tip.ref) {
      if let last = known[tip.ref] {
        if !RefComparison.isSame(last, tip) { changes.append(.moved(from: last, to: tip)) }
      } else if before?.contains(tip.ref) == true {
        // It was looked for the last time, and was not there.
        changes.append(.created(tip))
      } else {
        firstSeen.append(tip)
      }
    }
    let present = Set(tips.map(\.ref))
    for last in handled.refs {
      if !now.contains(last.ref) {
        dropped.append(last.ref)
      } else if !present.contains(last.ref) {
        changes.append(.deleted(last))
      }
    }
  }

  /// A forge may have named the tag where the agent sees the commit behind it.
  private static func isSame(_ last: RefTip, _ tip: RefTip) -> Bool {
    last.commit == tip.commit || last.commit == tip.tag
  }
}
