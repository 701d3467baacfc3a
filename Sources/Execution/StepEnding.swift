import Model

/// Why the runner ends the steps that are under way.
enum StepEnding: Equatable {
  case request(StopRequest)
  case runTime(Seconds)

  /// A sentence without its full stop.
  var reason: String {
    switch self {
    case .request(let request): request.reason
    case .runTime(let limit): StepResult.runTimeReason(limit)
    }
  }

  var endsRun: RunState {
    switch self {
    case .request(let request): request.endsRun
    case .runTime: .timedOut
    }
  }

  var supersededBy: Int? {
    if case .request(let request) = self { request.supersededBy } else { nil }
  }

  /// Says so of a step that was ended.
  func mark(_ result: inout StepResult) {
    result.reason = reason
    result.endsRun = endsRun
    result.supersededBy = supersededBy
    result.state = endsRun == .timedOut ? .timedOut : .cancelled
  }
}
