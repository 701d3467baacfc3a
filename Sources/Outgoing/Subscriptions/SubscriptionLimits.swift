/// Bounds on what a relay or a forwarder may send, and how long it is waited for.
public struct SubscriptionLimits: Sendable {
  /// Bytes of a delivery's body.
  public var body: Int
  /// Both kinds of server give a sign of life every 30 seconds; three are missed then.
  public var silence: Duration = .seconds(90)
  /// For one event, from its first byte to its last.
  public var eventTime: Duration = .seconds(300)
  /// Between the agent's own signs of life on a WebSocket.
  public var pingInterval: Duration = .seconds(30)
  /// For a WebSocket to be opened, from the name's resolution to the end of the handshake.
  public var opening: Duration = .seconds(20)
  /// Before the first attempt after a loss; each further one waits twice as long, up to `longestPause`.
  public var firstPause: Duration = .seconds(1)
  public var longestPause: Duration = .seconds(300)
  /// A connection that lasted so long was a good one: the next loss begins with `firstPause` again.
  public var settled: Duration = .seconds(30)
  /// The pauses between attempts to record one delivery that the agent could not take.
  public var retries: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(15)]

  public init(body: Int) { self.body = body }

  /// Bytes of one message: the body in base64 (4 for each 3), and room for headers.
  var message: Int { body / 3 * 4 + (1 << 20) }
}
