public import Model

/// One request as a sender's rules see it: the raw bytes, and what signatures may depend on besides them.
public struct SignedRequest: Sendable {
  public var headers: Headers
  /// Exactly as received; signatures are over these bytes.
  public var body: [UInt8]
  /// The public address that the sender posted to, for senders that sign it.
  public var url: String?
  /// Seconds since 1970, for senders that sign a time.
  public var now: Double
  /// How far a signed time may lie from `now`, in seconds, both ways; `nil`: the sender's own rule.
  public var tolerance: Double?
  public var options: SenderOptions

  public init(
    headers: Headers, body: [UInt8], url: String? = nil, now: Double, tolerance: Double? = nil,
    options: SenderOptions = SenderOptions()
  ) {
    self.headers = headers
    self.body = body
    self.url = url
    self.now = now
    self.tolerance = tolerance
    self.options = options
  }
}
