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
  /// A head has come, and the end of its request has not.
  private var bodyIsComing = false

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
      // The length is the routes' business: they read no more than they need. An old request behind others would have its
      // answer's form mixed up with theirs.
      guard let checked = try? HookHead(head, bodyLimit: .max), head.version != .http1_0 || unanswered == 0 else {
        isRefused = true
        context.fireErrorCaught(HTTPParserError.unknown)
        return
      }
      // An address, `*` or anything else that is not a path names nothing here; like any other unknown path it is
      // answered after the question who asks.
      if !head.uri.hasPrefix("/") { head.uri = "*" }
      isOld = head.version == .http1_0
      // Also behind a request for another protocol the parser reads no further.
      if isOld || !checked.keepsAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
      if checked.expectsContinue, unanswered == 0 {
        context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
      }
      unanswered += 1
      bodyIsComing = true
      closeAfter(limits.bodyTimeout, context)
      context.fireChannelRead(wrapInboundOut(.head(head)))
    case .end(let trailers):
      bodyIsComing = false
      // The answer takes as long as it takes: a live log lasts as long as its run. It may also have gone before.
      if unanswered == 0 { closeAfter(limits.idleTimeout, context) } else { timer?.cancel() }
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
        if unanswered == 0, !bodyIsComing { closeAfter(limits.idleTimeout, context) }
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
