import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// How Hummingbird's server sets up an accepted connection to the API: HTTP/1.1 with our limits, and `APIConnection`
/// between the parser and everything else.
struct APIChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  private let base: HTTP1Channel
  private let limits: APILimits

  init(responder: @escaping HTTPChannelHandler.Responder, limits: APILimits) {
    self.limits = limits
    base = HTTP1Channel(
      responder: responder,
      configuration: .init(
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: limits.headerField, maxHeaderListSize: limits.headerList,
          maxHeaderFieldCount: limits.headerCount)))
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    base.setup(channel: channel, logger: logger).flatMapThrowing { [limits] value in
      let pipeline = channel.pipeline.syncOperations
      let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      let undecoded = try UndecodedBytes.add(to: pipeline, headerList: limits.headerList)
      try pipeline.addHandler(APIConnection(limits: limits, undecoded: undecoded), position: .after(parser))
      return value
    }
  }

  func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
