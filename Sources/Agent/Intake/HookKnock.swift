public import Model

/// What is known of a delivery when its head has been read: enough to refuse it before it costs anything.
public struct HookKnock: Sendable {
  public var source: String
  /// The client's; `nil` where there is none, as on a Unix socket.
  public var address: IPAddress?
  public var headers: Headers
  /// What the target had after the source's name, as sent. A secret.
  public var token: String?

  public init(source: String, address: IPAddress?, headers: Headers, token: String? = nil) {
    self.source = source
    self.address = address
    self.headers = headers
    self.token = token
  }
}
