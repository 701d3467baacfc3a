import Door
import Model
import NIOCore

/// Closes a connection of a client that has enough of them. A trusted proxy is no client; whom it opens a connection for
/// is one.
final class ConnectionLimit: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let counts: ConnectionCounts
  private let peer: IPAddress?
  private let proxies: TrustedProxies
  /// Whom this connection is counted for.
  private var counted: IPAddress?

  init(_ counts: ConnectionCounts, peer: IPAddress?, proxies: TrustedProxies) {
    self.counts = counts
    self.peer = peer
    self.proxies = proxies
  }

  func channelActive(context: ChannelHandlerContext) {
    if let peer { count(peer, context: context) }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let client = event as? ClientAddress { count(client.address, context: context) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let counted { counts.close(counted) }
    counted = nil
    context.fireChannelInactive()
  }

  private func count(_ address: IPAddress, context: ChannelHandlerContext) {
    guard counted == nil, !proxies.contains(address) else { return }
    if counts.open(address) {
      counted = address
    } else {
      context.close(promise: nil)
    }
  }
}
