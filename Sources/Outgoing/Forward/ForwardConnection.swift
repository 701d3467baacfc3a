import NIOCore
import NIOWebSocket

/// One open WebSocket of a forwarder (RFC 6455, the client's side), on its event loop: a message in, the agent's answer
/// out, one after the other; signs of life both ways.
final class ForwardConnection: ChannelDuplexHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  enum Ending: Sendable, Equatable {
    /// The server said goodbye, with a code (RFC 6455, section 7.4).
    case closed(UInt16)
    /// What the standard calls 1006; the reason where one is known.
    case lost(String?)
  }

  private let answer: @Sendable ([UInt8]) async -> String
  private let ended: @Sendable (Ending) -> Void
  private let pingInterval: TimeAmount
  private var ticks: RepeatedTask?
  /// Signs of life that were sent since one was received.
  private var unanswered = 0
  private var isAnswering = false
  private var isStopping = false
  private var wantsToRead = false
  /// What came while a message was being answered.
  private var ahead = CircularBuffer<WebSocketFrame>()
  private var ending = Ending.lost(nil)

  /// - Parameters:
  ///   - answer: makes the answering message out of a message.
  ///   - ended: told when the connection is closed; more than once is the same as once.
  init(
    pingInterval: TimeAmount, answer: @escaping @Sendable ([UInt8]) async -> String,
    ended: @escaping @Sendable (Ending) -> Void
  ) {
    self.pingInterval = pingInterval
    self.ended = ended
    self.answer = answer
  }

  // MARK: Frames

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    unanswered = 0
    // RFC 6455, section 5.1: a server's frame that is masked ends the connection.
    guard frame.maskKey == nil else { return fail("it masked a frame", .protocolError, context: context) }
    switch frame.opcode {
    case .text, .binary:
      if isAnswering { ahead.append(frame) } else { take(frame, context: context) }
    case .ping: send(.pong, frame.data, context: context)
    case .pong: break
    case .connectionClose:
      var code = frame.data
      let number = code.readInteger(as: UInt16.self) ?? 1005
      ending = .closed(number)
      close(.normalClosure, context: context)
    default: fail("it sent a frame of an unknown kind", .protocolError, context: context)
    }
  }

  func read(context: ChannelHandlerContext) {
    // One message may wait; what comes behind it stays with the server.
    if ahead.isEmpty { context.read() } else { wantsToRead = true }
  }

  private func take(_ frame: WebSocketFrame, context: ChannelHandlerContext) {
    isAnswering = true
    let message = Array(buffer: frame.data)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let loop = context.eventLoop
    Task { [answer] in
      let text = await answer(message)
      loop.execute {
        let (connection, context) = bound.value
        connection.answered(text, context: context)
      }
    }
  }

  private func answered(_ text: String, context: ChannelHandlerContext) {
    isAnswering = false
    guard context.channel.isActive else { return }
    send(.text, ByteBuffer(string: text), context: context)
    if isStopping { return close(.goingAway, context: context) }
    if let next = ahead.popFirst() { take(next, context: context) }
    if ahead.isEmpty, wantsToRead {
      wantsToRead = false
      context.read()
    }
  }

  private func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, context: ChannelHandlerContext) {
    // A client masks everything (RFC 6455, section 5.3).
    let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
    context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
  }

  // MARK: Signs of life

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: pingInterval, delay: pingInterval) { _ in
      let (connection, context) = bound.value
      connection.tick(context: context)
    }
  }

  private func tick(context: ChannelHandlerContext) {
    // While the agent is busy with a message nothing may have been read.
    guard unanswered < 2 || isAnswering else {
      return fail("it gave no sign of life any more", .goingAway, context: context)
    }
    unanswered += 1
    send(.ping, ByteBuffer(), context: context)
  }

  // MARK: The end

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
    // A message that is being answered comes to its end.
    isStopping = true
    if !isAnswering { close(.goingAway, context: context) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .lost(nil) = ending {
      ending = .lost(
        error is NIOWebSocketError || error is NIOWebSocketFrameAggregator.Error
          ? "it sent what is no message, or too large a one (\(error))" : "\(error)")
    }
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { finish() }

  private func finish() {
    ticks?.cancel()
    ticks = nil
    ahead.removeAll()
    ended(ending)
  }

  private func fail(_ reason: String, _ code: WebSocketErrorCode, context: ChannelHandlerContext) {
    ending = .lost(reason)
    close(code, context: context)
  }

  private func close(_ code: WebSocketErrorCode, context: ChannelHandlerContext) {
    var data = ByteBuffer()
    data.write(webSocketErrorCode: code)
    send(.connectionClose, data, context: context)
    context.close(promise: nil)
  }
}
