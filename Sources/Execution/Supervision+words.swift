extension Supervision.Interruption {
  /// For the step's log; `nil` where nothing more can go into it.
  var words: String? {
    switch self {
    case .stopped(let request): request.reason
    case .ordered(let reason): reason
    case .stepTime: "the step's time limit is over"
    case .runTime: "the run's time limit is over"
    case .limit(let sentence): "the step \(sentence)"
    case .log, .logLimit: nil
    }
  }

  /// The step was given time to tidy up, which is told when it has not used it.
  var hasGrace: Bool {
    switch self {
    case .stopped, .ordered, .stepTime, .runTime: true
    case .limit, .log, .logLimit: false
    }
  }
}
