import Agent
import Door
import Metrics
import Model
import NIOCore
import NIOHTTP1

/// One connection to the hook endpoint, on its event loop: reads a request, gives it to the agent, writes the
/// answer, and so on. What a client sends ahead waits, unread as far as possible, until its turn has come.
///
/// It is a channel handler of our own and not a Hummingbird responder because the limits of an open door
/// (deadlines for head and body, an answer before the body has ended, a lingering close) are about bytes on a
/// connection, and because every hop that a delivery does not make is time in which it is not yet on disk.
final class HookConnection: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    /// Before a request head; `first` on a fresh connection.
    case waiting(first: Bool)
    case readingBody
    /// A request without a body that needs no agent: answered at its end.
    case ending(HookReply)
    case answering
    /// The last answer is written; what still arrives is dropped until the client closes.
    case lingering
    case closed
  }

  /// For the first request of a connection that is open when the agent stops.
  private static let lastChance = TimeAmount.seconds(2)
  /// Bytes of each body that count for nobody: what forges post on a usual day comes in also while large ones take all that
  /// there is for them. There are no more such bodies than connections.
  private static let alwaysRoom = 64 << 10

  private let agent: any AgentControl
  private let limits: HookLimits
  private let proxies: TrustedProxies
  private let bodies: ByteBudget
  private let undecoded: UndecodedBytes
  private var state = State.waiting(first: true)
  /// Parts of later requests that came while one was being answered.
  private var ahead = CircularBuffer<HTTPServerRequestPart>()
  private var wantsToRead = false
  /// The client has said that it will send nothing more.
  private var inputEnded = false
  /// The server takes no further request.
  private var isStopping = false
  private var deadline: NIODeadline
  private var ticks: RepeatedTask?
  /// Tells the answer of the current request from that of one that was given up.
  private var requestNumber = 0
  /// What is known of the request at hand, until the agent has it.
  private var knock: HookKnock?
  private var source = ""
  private var token: String?
  private var query: String?
  private var headers = Headers()
  private var body: [UInt8] = []
  /// Bytes of `body` that are counted in `bodies`.
  private var counted = 0
  private var isHeadRequest = false
  private var keepsAlive = true
  private var saysKeepAlive = false
  /// Who has opened the connection, or for whom a trusted proxy has.
  private var client: IPAddress?
  /// Whose request it is: another than `client` where a trusted proxy says so.
  private var requester: IPAddress?
  /// `client` as text, made once.
  private var clientText: String?
  private var date = HTTPDate()

  /// - Parameter bodies: for the bodies of all connections together.
  init(
    agent: any AgentControl, limits: HookLimits, proxies: TrustedProxies, bodies: ByteBudget, undecoded: UndecodedBytes
  ) {
    self.undecoded = undecoded
    self.agent = agent
    self.limits = limits
    self.proxies = proxies
    self.bodies = bodies
    deadline = .now() + limits.headerTimeout
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    undecoded.madeProgress()
    let part = unwrapInboundIn(data)
    if case .answering = state { ahead.append(part) } else { take(part, context: context) }
  }

  private func take(_ part: HTTPServerRequestPart, context: ChannelHandlerContext) {
    switch part {
    case .head(let head): received(head, context: context)
    case .body(let bytes): received(bytes, context: context)
    case .end: receivedEnd(context: context)
    }
  }

  func read(context: ChannelHandlerContext) {
    wantsToRead = true
    readOn(context: context)
  }

  /// One request at a time; and none while the client does not take its answers, which would pile up in memory.
  private func readOn(context: ChannelHandlerContext) {
    if case .answering = state { return }
    guard wantsToRead, context.channel.isWritable else { return }
    wantsToRead = false
    context.read()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    readOn(context: context)
    context.fireChannelWritabilityChanged()
  }

  /// The connection is free again: takes what has come in the meantime, up to the next whole request.
  private func goOn(context: ChannelHandlerContext) {
    while let part = ahead.popFirst() {
      take(part, context: context)
      if case .answering = state { return }
    }
    if inputEnded, case .waiting = state { return close(context: context) }
    readOn(context: context)
  }

  private func received(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
    guard case .waiting = state else { return }
    isHeadRequest = head.method == .HEAD
    saysKeepAlive = head.version == .http1_0
    keepsAlive = false
    deadline = .now() + limits.bodyTimeout
    let route = HookRoute(method: head.method, target: head.uri)
    let checked: HookHead
    do {
      checked = try HookHead(head, bodyLimit: limits.body)
    } catch {
      // Two readers might not agree on its fields; who has opened the connection is known.
      if case .hook(let source, let token, _) = route {
        knock = HookKnock(source: source, address: client, headers: Headers(), token: token)
      }
      return refuse(error, context: context)
    }
    keepsAlive = checked.keepsAlive && !isStopping
    switch route {
    case .hook(let source, let token, let query):
      var knock = HookKnock(source: source, address: client, headers: checked.headers, token: token)
      self.knock = knock
      do {
        requester = try requester(checked.headers)
      } catch {
        return refuse(.unclearClient, context: context)
      }
      knock.address = requester
      if let refusal = agent.admit(knock) {
        self.knock = nil
        return finish(HookReply(refusal), hasBody: checked.hasBody, context: context)
      }
      self.knock = knock
      (self.source, self.token, self.query) = (source, token, query)
      headers = checked.headers
      // As much as most need; a length that is only announced takes nothing.
      body.reserveCapacity(min(checked.contentLength ?? 0, 64 << 10))
      state = .readingBody
      if checked.expectsContinue {
        context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
      }
    case .health:
      state = .ending(.healthy)
    case .readiness:
      state = .ending(HookReply(agent.readiness))
    case .notFound:
      finish(.notFound, hasBody: checked.hasBody, context: context)
    case .notAllowed(let allow):
      finish(.notAllowed(allow), hasBody: checked.hasBody, context: context)
    }
  }

  /// A refusal leaves the connection usable only where no body is on its way.
  private func finish(_ refusal: HookReply, hasBody: Bool, context: ChannelHandlerContext) {
    if hasBody { refuse(refusal, context: context) } else { state = .ending(refusal) }
  }

  /// Whose request it is.
  private func requester(_ headers: Headers) throws(TrustedProxies.Unclear) -> IPAddress? {
    guard let client, proxies.contains(client) else { return client }
    return try proxies.client(
      behind: client, forwardedFor: headers[all: "x-forwarded-for"], forwarded: headers[all: "forwarded"])
  }

  private func received(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
    switch state {
    case .readingBody:
      guard body.count + bytes.readableBytes <= limits.body else {
        return refuse(.tooLarge, context: context)
      }
      let more = max(0, body.count + bytes.readableBytes - HookConnection.alwaysRoom) - counted
      guard bodies.take(more, by: requester) else { return refuse(.tooBusy, context: context) }
      counted += more
      bytes.withUnsafeReadableBytes { body.append(contentsOf: $0) }
    case .ending: refuse(.badRequest, context: context)
    case .waiting, .answering, .lingering, .closed: break
    }
  }

  private func receivedEnd(context: ChannelHandlerContext) {
    switch state {
    case .readingBody: askAgent(context: context)
    case .ending(let reply): answer(reply, context: context)
    case .lingering: close(context: context)
    case .waiting, .answering, .closed: break
    }
  }

  // MARK: The agent

  private func askAgent(context: ChannelHandlerContext) {
    let request = HookRequest(
      source: source, token: token, query: query, headers: headers, body: body, address: addressText())
    // The agent owns the bytes now; a connection that waits for its next request holds none.
    body = []
    headers = Headers()
    (token, query, knock) = (nil, nil, nil)
    let counted = counted
    self.counted = 0
    state = .answering
    deadline = .now() + limits.answerTimeout
    requestNumber += 1
    let number = requestNumber
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let loop = context.eventLoop
    Task { [agent, bodies, requester] in
      let answer = await agent.receive(request)
      bodies.give(counted, by: requester)
      loop.execute {
        let (connection, context) = bound.value
        connection.received(answer, number: number, context: context)
      }
    }
  }

  private func received(_ answer: HookAnswer, number: Int, context: ChannelHandlerContext) {
    guard case .answering = state, number == requestNumber else { return }
    self.answer(HookReply(answer), context: context)
    goOn(context: context)
  }

  private func addressText() -> String? {
    guard requester == client else { return requester.map { "\($0)" } }
    if clientText == nil { clientText = client.map { "\($0)" } }
    return clientText
  }

  private func dropBody() {
    body = []
    bodies.give(counted, by: requester)
    counted = 0
  }

  // MARK: Answers

  /// Writes the answer to the request at hand, and closes unless the connection takes another.
  private func answer(_ reply: HookReply, context: ChannelHandlerContext) {
    if !reply.isAboutAgent {
      Counter(label: Measure.hookAnswers.name, dimensions: [("status", "\(reply.status.code)")]).increment()
    }
    let connection = keepsAlive ? saysKeepAlive ? "keep-alive" : nil : "close"
    let staysOpen = keepsAlive
    if staysOpen {
      state = .waiting(first: false)
      deadline = .now() + limits.idleTimeout
    } else {
      state = .lingering
      deadline = .now() + .seconds(2)
    }
    context.write(wrapOutboundOut(.head(reply.head(date: date.now(), connection: connection))), promise: nil)
    if !isHeadRequest {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    // Closing both ways while the client still sends would reset the connection, and it might never see the
    // answer (RFC 9112, section 9.6): say "no more from here" and let it finish.
    if !staysOpen { context.close(mode: .output, promise: nil) }
  }

  /// Answers before the request has ended; the rest of it is dropped with the connection.
  private func refuse(_ refusal: HookReply, context: ChannelHandlerContext) {
    dropBody()
    if let knock { agent.refused(knock, status: Int(refusal.status.code), reason: refusal.sentence) }
    knock = nil
    keepsAlive = false
    answer(refusal, context: context)
  }

  // MARK: Deadlines

  func handlerAdded(context: ChannelHandlerContext) {
    client = context.channel.peerAddress
    // One coarse timer for all deadlines: to move one is to write a number, with nothing to cancel or schedule
    // for each request.
    let shortest = min(limits.headerTimeout, limits.bodyTimeout, limits.idleTimeout, limits.answerTimeout)
    let interval = max(TimeAmount.milliseconds(20), .nanoseconds(shortest.nanoseconds / 8))
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
      let (connection, context) = bound.value
      if .now() >= connection.deadline { connection.deadlinePassed(context: context) }
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    ticks?.cancel()
    ticks = nil
  }

  private func deadlinePassed(context: ChannelHandlerContext) {
    switch state {
    case .waiting(first: true), .readingBody, .ending: refuse(.timeout, context: context)
    case .answering: refuse(.tooSlow, context: context)
    case .waiting(first: false), .lingering: close(context: context)
    case .closed: break
    }
  }

  // MARK: The end of a connection

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch (error as? HTTPParserError, state) {
    // A good request is answered even where rubbish follows it.
    case (.some, .answering): keepsAlive = false
    case (nil, _), (_, .lingering), (_, .closed): close(context: context)
    case (.headerOverflow, _): refuse(.headersTooLarge, context: context)
    default: refuse(.badRequest, context: context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case let event as ClientAddress: client = event.address
    case ChannelEvent.inputClosed:
      // The client may still wait for the answer to what it has sent.
      inputEnded = true
      if case .answering = state {} else { close(context: context) }
    case is ChannelShouldQuiesceEvent:
      // The agent stops: requests that are being read or answered come to their end, no other follows.
      keepsAlive = false
      isStopping = true
      switch state {
      // What was only just connected may have its request under way, which nobody would answer then.
      case .waiting(first: true): deadline = min(deadline, .now() + HookConnection.lastChance)
      case .waiting(first: false): close(context: context)
      default: break
      }
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    state = .closed
    dropBody()
    context.fireChannelInactive()
  }

  private func close(context: ChannelHandlerContext) {
    state = .closed
    context.close(promise: nil)
  }
}
