/// What a step's keeper tells the runner: one JSON line each. The last one is `ended`.
enum KeeperNews: Codable {
  /// The step failed and is tried again.
  case retried(number: Int, reason: String)
  case ended(StepResult)
}
