/// Somebody outside wants the run to end.
struct StopRequest: Equatable {
  /// A sentence without its full stop: `cancelled by anna`.
  let reason: String
}
