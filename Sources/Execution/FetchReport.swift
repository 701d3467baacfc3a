/// How fetching and checking out came out; what the child that did it tells the runner.
enum FetchReport: Codable, Equatable {
  /// `commit` is the one that was checked out; for an annotated tag, the one behind it. `wentBack`: a newer one was
  /// deployed before, and a person asked for this one. `leftOut`: steps whose files did not change.
  case done(commit: String, wentBack: Bool, leftOut: PathConditions.LeftOut?)
  /// Nothing was checked out: the run `by` has begun to deploy a newer commit.
  case superseded(by: Int, reason: String)
  /// Nothing was checked out: the push changed none of the files that the pipeline is about. A sentence.
  case skipped(reason: String)
  /// Nothing was checked out: the repository's file does not say what to run. A sentence.
  case refused(reason: String)
  /// A sentence for the person who pushed, and libgit2's words for the operator.
  case failed(reason: String, detail: String?)
}
