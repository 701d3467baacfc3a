import Git
import Model
import RunDirectory

/// What is to be known of a commit that was fetched before anything of it is checked out: whether it comes too late, whether
/// the push is about the pipeline at all, what the repository's own file says to run, and which steps the push is about.
struct CommitAppraisal {
  enum Answer {
    case goesOn(wentBack: Bool, leftOut: PathConditions.LeftOut?)
    /// Nothing is to be checked out.
    case ends(FetchReport)
  }

  let spec: RunSpec
  let directory: RunDirectory
  let mirror: Git.Mirror
  /// Gets a line for the log.
  let say: (String) -> Void
  /// Fetches another ref of the repository, and gives its tip.
  let fetch: (_ ref: RefName) throws -> String

  /// - Parameter tip: the newest commit of the run's ref.
  func answer(for commit: String, tip: String) throws -> Answer {
    var wentBack = false
    // The ref's tip is never too late: where it is older than what was deployed, the ref itself has gone back.
    if let newest = spec.newest, commit != tip, try mirror.isCommit(commit, olderThan: newest.commit.hex) {
      guard spec.request.mayGoBack == true, newest.run < spec.request.askedIn ?? spec.number else {
        return .ends(.superseded(by: newest.run, reason: tooLate(commit, newest)))
      }
      say("run \(newest.run) has deployed the newer commit \(newest.commit); this one was asked for")
      wentBack = true
    }
    return try steps(of: commit, wentBack: wentBack)
  }

  private func steps(of commit: String, wentBack: Bool) throws -> Answer {
    var pipeline = spec.request.pipeline
    let changed = ChangedPaths(spec: spec, mirror: mirror, fetch: fetch)
    var measure: ChangedPaths.Measure?
    if let patterns = pipeline.triggers.push?.paths {
      let found = try told(changed.measure(of: commit))
      switch try PathFilter(changed: changed, patterns: patterns).answer(by: found) {
      case .goesOn(let words): if let words { say(words) }
      case .skipped(let reason): return .ends(.skipped(reason: reason))
      }
      measure = found
    }
    if let file = pipeline.file {
      let reader = RepositoryPipeline(spec: spec, directory: directory, mirror: mirror, say: say)
      if let refusal = try reader.read(file, of: commit) { return .ends(.refused(reason: refusal)) }
      if let steps = try directory.pipelineSteps() { pipeline = pipeline.with(steps) }
    }
    let conditions = PathConditions(pipeline, changed: changed)
    guard !conditions.lists.isEmpty else { return .goesOn(wentBack: wentBack, leftOut: nil) }
    let found = try measure ?? told(changed.measure(of: commit))
    return .goesOn(wentBack: wentBack, leftOut: try conditions.leftOut(by: found))
  }

  private func told(_ measure: ChangedPaths.Measure) -> ChangedPaths.Measure {
    if case .none(let words?) = measure { say(words) }
    return measure
  }

  private func tooLate(_ commit: String, _ newest: DeployedCommit) -> String {
    "superseded by run \(newest.run), which has begun to deploy \(newest.commit.short), a newer commit of "
      + "\(spec.request.ref.short) than \(commit.prefix(8)); `pushrod rerun \(spec.number)` deploys this one all the same"
  }
}
