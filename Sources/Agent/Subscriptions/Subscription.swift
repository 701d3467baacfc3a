public import Model

/// A source's deliveries, fetched by the agent: for hosts that no sender can reach.
///
/// One that is changed is another one: the old connection ends, a new one is made.
public struct Subscription: Hashable, Sendable {
  public enum Address: Hashable, Sendable {
    /// The event stream of a relay.
    case relay(WebAddress)
    case forward(Forwarding)
  }

  /// The source's name.
  public var source: String
  public var address: Address

  public init(source: String, at address: Address) {
    self.source = source
    self.address = address
  }

  public var way: Way {
    switch address {
    case .relay: .relay
    case .forward: .forward
    }
  }
}
