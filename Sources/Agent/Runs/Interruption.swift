import Model

/// What becomes of a run whose runner died: the pipeline's `on_interrupt` decides.
enum Interruption {
  /// A run that takes its machine down with it must not do so for ever.
  static let mostAttempts = 3

  /// - Parameters:
  ///   - run: as it was when it began.
  ///   - outcome: what its directory tells of its end.
  /// - Returns: the end to record, and the run to queue with it, where one is.
  static func settle(_ run: Run, _ outcome: RunOutcome) -> (outcome: RunOutcome, repetition: RunRequest?) {
    guard run.request.pipeline.onInterrupt == .rerun else { return (outcome, nil) }
    let before = run.request.interruptions ?? 0
    guard before + 1 < mostAttempts else {
      var last = outcome
      last.reason =
        (outcome.reason.map { $0 + "; " } ?? "")
        + "it is not run again, because this was interruption \(before + 1) in a row, of at most \(mostAttempts)"
      return (last, nil)
    }
    var again = run.request
    again.origin = run.request.origin ?? (run.request.trigger == .rerun ? nil : run.request.trigger)
    again.trigger = .rerun
    again.rerunOf = run.number
    // What a person asked for may go over what was newer then, not over what has come since.
    if again.mayGoBack == true { again.askedIn = run.request.askedIn ?? run.number }
    again.attempt += 1
    again.interruptions = before + 1
    // The commit that was checked out, where the run had begun with the tip of its ref.
    again.commit = run.request.commit ?? outcome.commit
    return (outcome, again)
  }
}
