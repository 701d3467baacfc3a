import Model

/// One step, with all that is to be known when it begins.
struct StepJob {
  var step: Step
  /// 0 is `fetch`, then the steps of all lists in their order.
  var index: Int
  /// What is in the workspace.
  var commit: CommitID
  /// For each try.
  var limit: Seconds?
  /// Of the run so far; for `on_failure` and `finally`.
  var outcome: RunOutcome?
  /// What earlier steps have handed on to it.
  var outputs: [StepOutput] = []
}
