import Model

/// Somebody outside wants the run to end.
struct StopRequest: Equatable {
  /// A sentence without its full stop: `cancelled by anna`.
  let reason: String
  /// The run that takes this one's place, where that is why.
  var supersededBy: Int?

  /// The state in which the run ends.
  var endsRun: RunState { supersededBy == nil ? .cancelled : .superseded }
}
