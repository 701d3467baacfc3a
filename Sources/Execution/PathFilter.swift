import Git
import Model

/// `on.push.paths`: whether a push is about the pipeline at all.
struct PathFilter {
  enum Answer: Equatable {
    /// With a line for the log, where there is something to say.
    case goesOn(String?)
    /// A sentence for the person who pushed.
    case skipped(String)
  }

  let changed: ChangedPaths
  let patterns: [String]

  func answer(by measure: ChangedPaths.Measure) throws -> Answer {
    guard case .commits(let pairs, let words) = measure else { return .goesOn(nil) }
    let list = try GlobList(patterns)
    var match: String?
    let look = try changed.visit(pairs) { path in
      guard case .included(let pattern) = list.answer(to: path) else { return true }
      match =
        "\(path.shown(limit: 200)) changed, which \"\(pattern.shown(limit: 200))\" matches; compared with \(words)"
      return false
    }
    if let match { return .goesOn(match) }
    guard let look else {
      return .goesOn("more than \(ChangedPaths.most) files changed, so the run goes on; compared with \(words)")
    }
    return .skipped("nothing in \(ChangedPaths.listed(patterns)) changed: \(look.words); compared with \(words)")
  }
}
