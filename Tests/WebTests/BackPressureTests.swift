import Door
import NIOCore
import NIOEmbedded
import Testing

@testable import Web

struct BackPressureTests {
  /// Counts what is asked of the socket.
  private final class Reads: ChannelOutboundHandler {
    typealias OutboundIn = Any
    var count = 0

    func read(context: ChannelHandlerContext) {
      count += 1
      context.read()
    }
  }

  @Test("a client that takes no answers is not read any more, until it does")
  func unreadAnswers() throws {
    let reads = Reads()
    let connection = HookConnection(
      agent: FakeAgent(), limits: HookLimits(), proxies: TrustedProxies([]), bodies: ByteBudget(1 << 20),
      undecoded: UndecodedBytes(headerList: 32 << 10))
    let channel = EmbeddedChannel(handlers: [reads, connection])
    channel.read()
    #expect(reads.count == 1)

    channel.isWritable = false
    channel.pipeline.fireChannelWritabilityChanged()
    channel.read()
    channel.read()
    #expect(reads.count == 1)

    channel.isWritable = true
    channel.pipeline.fireChannelWritabilityChanged()
    #expect(reads.count == 2)
    channel.pipeline.fireChannelWritabilityChanged()
    #expect(reads.count == 2)
    _ = try channel.finish(acceptAlreadyClosed: true)
  }
}
