import Door
public import HummingbirdCore
public import Logging
import Model
public import NIOCore
import NIOSSL

/// Puts an entrance before any kind of server: first the PROXY header, then the count of connections, then TLS.
///
/// The certificate is asked for at each connection, so a new one counts from the next connection on and disturbs none.
public struct EntranceChannel<Base: ServerChildChannel>: ServerChildChannel {
  public typealias Value = Base.Value

  private let base: Base
  private let entrance: Entrance

  public init(_ base: Base, behind entrance: Entrance) {
    self.base = base
    self.entrance = entrance
  }

  public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    do {
      try addHandlers(to: channel, logger)
      return base.setup(channel: channel, logger: logger)
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  private func addHandlers(to channel: any Channel, _ logger: Logger) throws {
    let pipeline = channel.pipeline.syncOperations
    let peer = channel.peerAddress
    let isProxy = peer.map(entrance.proxies.contains) ?? false
    if isProxy, entrance.speaksProxyProtocol {
      try pipeline.addHandler(ProxyHeaderHandler { [notices = entrance.proxyNotices] in notices.note(peer, logger) })
    }
    try pipeline.addHandler(ConnectionLimit(entrance.counts, peer: peer, proxies: entrance.proxies))
    guard let certificate = entrance.certificate else { return }
    try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
    try pipeline.addHandler(HandshakeDeadline(entrance.deadline))
  }

  public func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

extension Channel {
  /// Who is at the other end; `nil` for a Unix socket.
  var peerAddress: IPAddress? {
    remoteAddress?.ipAddress.flatMap { IPAddress($0) }
  }
}
