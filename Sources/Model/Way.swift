/// How a delivery came to the agent.
public enum Way: String, Codable, Sendable, CaseIterable {
  /// Posted to `/webhook/<source>`.
  case webhook
  /// From an event stream that a relay keeps (smee.io, gosmee).
  case relay
  /// From a WebSocket of GitHub's forwarder.
  case forward
  /// The agent itself saw that a ref had moved.
  case poll
  /// A person had it go through again.
  case replay
}
