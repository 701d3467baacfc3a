import Agent
import Door
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// How Hummingbird's server sets up an accepted connection to the hook endpoint.
struct HookChannel: ServerChildChannel {
  struct Value: ServerChildChannelValue {
    let channel: any Channel
  }

  let agent: any AgentControl
  let limits: HookLimits
  let proxies: TrustedProxies
  let bodies: ByteBudget

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      var decoderLimits = NIOHTTPDecoderLimitConfiguration()
      decoderLimits.maxHeaderFieldSize = limits.headerField
      decoderLimits.maxHeaderListSize = limits.headerList
      decoderLimits.maxHeaderFieldCount = limits.headerCount
      let pipeline = channel.pipeline.syncOperations
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false,
        withErrorHandling: false,
        // Every response header is one of ours or a number.
        withOutboundHeaderValidation: false,
        withEncoderConfiguration: .init(),
        withDecoderLimitConfiguration: decoderLimits)
      let undecoded = try UndecodedBytes.add(to: pipeline, headerList: limits.headerList)
      try pipeline.addHandler(
        HookConnection(agent: agent, limits: limits, proxies: proxies, bodies: bodies, undecoded: undecoded))
      return Value(channel: channel)
    }
  }

  /// The connection's handlers do the work; the server only has to know when it is over.
  func handle(value: Value, logger: Logger) async {
    await withTaskCancellationHandler {
      try? await value.channel.closeFuture.get()
    } onCancel: {
      value.channel.close(promise: nil)
    }
  }
}
