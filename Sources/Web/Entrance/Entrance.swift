public import Door
public import NIOCore

/// What a connection has to pass before its first request is read.
public struct Entrance: Sendable {
  /// Connections are encrypted with this certificate; `nil`: plain.
  public var certificate: ServerCertificate?
  public var proxies: TrustedProxies
  /// Connections of trusted proxies begin with a PROXY header, and those of nobody else.
  public var speaksProxyProtocol: Bool
  /// Shared by all that listen.
  public var counts: ConnectionCounts
  /// From accepting a connection to the end of its handshake.
  public var deadline: TimeAmount
  let proxyNotices = ProxyNotices()

  public init(
    certificate: ServerCertificate? = nil, proxies: TrustedProxies = TrustedProxies(),
    speaksProxyProtocol: Bool = false, counts: ConnectionCounts = ConnectionCounts(),
    deadline: TimeAmount = .seconds(10)
  ) {
    self.certificate = certificate
    self.proxies = proxies
    self.speaksProxyProtocol = speaksProxyProtocol
    self.counts = counts
    self.deadline = deadline
  }
}
