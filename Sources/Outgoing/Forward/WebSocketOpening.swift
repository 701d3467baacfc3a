import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// Opens a WebSocket as a client (RFC 6455, section 4.1).
struct WebSocketOpening {
  let address: WebAddress
  /// Sent with the request.
  let headers: [(name: String, value: String)]
  /// Bytes of one message, in one frame or in many.
  let messageLimit: Int
  /// For everything, from the name's resolution on.
  let timeout: TimeAmount

  /// Small fragments are allowed, so their number is bounded too.
  private static let mostFragments = 1 << 16

  private enum Answer {
    case open
    case refused(HTTPResponseStatus)
  }

  /// - Parameter handler: made on the event loop; takes whole messages and control frames.
  /// - Returns: the open channel.
  /// - Throws: `SubscriptionFailure`, `CancellationError`, errors of NIO.
  func open(_ handler: @escaping @Sendable () -> ForwardConnection) async throws -> any Channel {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let answered = loop.makePromise(of: Answer.self)
    let tls = address.scheme.isEncrypted ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
    let connecting = ClientBootstrap(group: loop)
      .connectTimeout(timeout)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(self.tlsHandler(tls)) }
          try self.upgrade(channel, handler, answered)
        }
      }
      .connect(host: address.host, port: address.port)
    connecting.cascadeFailure(to: answered)
    let server = "The forwarder \(address.authority)"
    let deadline = loop.scheduleTask(in: timeout) {
      answered.fail(SubscriptionFailure("\(server) did not answer in time."))
    }
    do {
      // A task that is cancelled does not wait for a server that may never answer.
      let answer = try await withTaskCancellationHandler {
        try await answered.futureResult.get()
      } onCancel: {
        answered.fail(CancellationError())
      }
      deadline.cancel()
      if case .refused(let status) = answer {
        throw SubscriptionFailure("\(server) answered \(status.code) and opened no WebSocket.")
      }
      return try await connecting.get()
    } catch {
      deadline.cancel()
      connecting.whenSuccess { $0.close(promise: nil) }
      throw error
    }
  }

  /// A certificate for an address of digits is looked at too; only its name cannot be asked for (RFC 6066, section 3).
  private func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
    try NIOSSLClientHandler(context: context, serverHostname: IPAddress(address.host) == nil ? address.host : nil)
  }

  private func upgrade(
    _ channel: any Channel, _ handler: @escaping @Sendable () -> ForwardConnection,
    _ answered: EventLoopPromise<Answer>
  ) throws {
    let upgrader = NIOTypedWebSocketClientUpgrader<Bool>(maxFrameSize: messageLimit) { channel, _ in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(
          NIOWebSocketFrameAggregator(
            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: WebSocketOpening.mostFragments,
            maxAccumulatedFrameSize: messageLimit))
        try channel.pipeline.syncOperations.addHandler(handler())
        return true
      }
    }
    var fields = HTTPHeaders([("Host", address.authority)])
    for (name, value) in headers { fields.add(name: name, value: value) }
    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
      upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
        upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target, headers: fields),
        upgraders: [upgrader],
        notUpgradingCompletionHandler: { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(UpgradeRefusal { answered.succeed(.refused($0)) })
            return false
          }
        }))
    // A delivery may come in one packet with the answer that opens the WebSocket.
    configuration.leftOverBytesStrategy = .forwardBytes
    try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
      .whenComplete { result in
        switch result {
        case .success(true): answered.succeed(.open)
        case .success(false): break  // The refusal tells.
        case .failure(let error): answered.fail(error)
        }
      }
    channel.closeFuture.whenComplete { _ in answered.fail(ChannelError.eof) }
  }
}

/// Reads the status of an answer that opens no WebSocket.
private final class UpgradeRefusal: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  private let refused: (HTTPResponseStatus) -> Void

  init(_ refused: @escaping (HTTPResponseStatus) -> Void) { self.refused = refused }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data) { refused(head.status) }
  }
}
