import Door
import NIOCore

/// Takes the PROXY header off the beginning of a proxy's connection and tells whom it is for. A connection without a
/// proper one is closed: its next byte has no meaning.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// Told when a connection is closed for want of the header.
  private let refused: () -> Void
  private var bytes: [UInt8] = []
  private var isClosed = false

  init(refused: @escaping () -> Void) { self.refused = refused }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosed else { return }
    bytes += unwrapInboundIn(data).readableBytesView
    switch ProxyHeader.read(bytes) {
    case .incomplete: if bytes.count > ProxyHeader.longest { close(context) }
    case .malformed: close(context)
    case .complete(let length, let client):
      if let client { context.fireUserInboundEventTriggered(ClientAddress(address: client)) }
      let rest = ByteBuffer(bytes: bytes.dropFirst(length))
      bytes = []
      if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
  }

  private func close(_ context: ChannelHandlerContext) {
    isClosed = true
    bytes = []
    refused()
    context.close(promise: nil)
  }
}
