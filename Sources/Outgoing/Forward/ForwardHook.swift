import Model

/// The webhook that GitHub made for this agent.
struct ForwardHook: Sendable, Equatable {
  /// Of the webhook in GitHub's API.
  var url: WebAddress
  /// Where its deliveries come from.
  var socket: WebAddress
}
