import NIOCore
import NIOHTTP1

/// Keeps one connection to the API in order: requests whose framing two readers could take differently are refused,
/// slow ones end, and the connection is closed after an answer that says so.
///
/// What it refuses it reports as the parser's own errors are, so that the answer takes its turn behind those of the
/// requests before it.
final class APIConnection: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let limits: APILimits
  private var timer: Scheduled<Void>?
  /// Nothing is taken any more.
  private var isRefused = false
  private var closesAfterAnswer = false
  /// The request at hand is of HTTP/1.0: it gets one answer, without chunks, and the connection ends with it.
  private var isOld = false
  /// Requests whose heads have come and whose answers have not gone.
  private var unanswered = 0

  private let undecoded: UndecodedBytes

  init(limits: APILimits, undecoded: UndecodedBytes) {
    self.limits = limits
    self.undecoded = undecoded
  }

  func handlerAdded(context: ChannelHandlerContext) {
    closeAfter(limits.headTimeout, context)
  }

  func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    undecoded.madeProgress()
    guard !isRefused else { return }
    switch unwrapInboundIn(data) {
    case .head(var head):
      do {
        // The length is the routes' business: they read no more than they need.
        _ = try HookHead(head, bodyLimit: .max)
      } catch {
        isRefused = true
        context.fireErrorCaught(HTTPParserError.unknown)
        return
      }
      // An address, `*` or anything else that is not a path names nothing here; like any other unknown path it is
      // answered after the question who asks.
      if !head.uri.hasPrefix("/") { head.uri = "*" }
      if head.version == .http1_0 {
        isOld = true
        head.headers.replaceOrAdd(name: "Connection", value: "close")
      }
      unanswered += 1
      closeAfter(limits.bodyTimeout, context)
      context.fireChannelRead(wrapInboundOut(.head(head)))
    case .end(let trailers):
      // The answer takes as long as it takes: a live log lasts as long as its run.
      timer?.cancel()
      context.fireChannelRead(wrapInboundOut(.end(trailers)))
    case .body(let bytes):
      context.fireChannelRead(wrapInboundOut(.body(bytes)))
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(var head):
      // The encoder frames the answer as its version has it (RFC 9112, section 6.1).
      if isOld {
        head.version = .http1_0
        head.headers.replaceOrAdd(name: "Connection", value: "close")
      }
      closesAfterAnswer = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body:
      context.write(data, promise: promise)
    case .end:
      unanswered -= 1
      guard closesAfterAnswer else {
        if unanswered == 0 { closeAfter(limits.idleTimeout, context) }
        return context.write(data, promise: promise)
      }
      isRefused = true
      context.writeAndFlush(data, promise: promise)
      // Closing both ways while the client still sends would reset the connection, and it might never see the answer
      // (RFC 9112, section 9.6).
      context.close(mode: .output, promise: nil)
      closeAfter(.seconds(2), context)
    }
  }

  private func closeAfter(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    timer?.cancel()
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
  }
}
