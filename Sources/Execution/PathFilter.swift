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

  private var request: RunRequest { changed.spec.request }

  func answer(for commit: String) throws -> Answer {
    guard let patterns = request.pipeline.triggers.push?.paths, isByPush else { return .goesOn(nil) }
    guard request.ref.tag == nil else {
      return .goesOn("a tag is no change of files: `paths` does not count for it")
    }
    // What was begun is gone on with, whatever another has deployed since.
    if request.trigger == .rerun, changed.spec.newest?.commit.hex == commit { return .goesOn(nil) }
    let list = try GlobList(patterns)
    switch try changed.base(of: commit) {
    case .none(let reason): return .goesOn("what changed cannot be told, so the run goes on: \(reason)")
    case .commits(let pairs, let words):
      var (match, example): (String?, String?)
      let count = try changed.visit(pairs) { path in
        if example == nil { example = path }
        guard case .included(let pattern) = list.answer(to: path) else { return true }
        match =
          "\(path.shown(limit: 200)) changed, which \"\(pattern.shown(limit: 200))\" matches; compared with \(words)"
        return false
      }
      if let match { return .goesOn(match) }
      guard let count else {
        return .goesOn("more than \(ChangedPaths.most) files changed, so the run goes on; compared with \(words)")
      }
      let files = count == 0 ? "no files" : "\(count) \(count == 1 ? "file" : "files")"
      let such = example.map { count == 1 ? ", \($0.shown(limit: 200))" : ", such as \($0.shown(limit: 200))" } ?? ""
      return .skipped("nothing in [\(shown(patterns))] changed: \(files)\(such); compared with \(words)")
    }
  }

  /// A push started the run, or one that was interrupted.
  private var isByPush: Bool {
    switch request.trigger {
    case .push, .poll: true
    // Not where a person asked for it.
    case .rerun: request.mayGoBack != true
    case .webhook, .schedule, .manual: false
    }
  }

  private func shown(_ patterns: [String]) -> String {
    let more = patterns.count > 10 ? ", and \(patterns.count - 10) more" : ""
    return patterns.prefix(10).map { $0.shown(limit: 100) }.joined(separator: ", ") + more
  }
}
