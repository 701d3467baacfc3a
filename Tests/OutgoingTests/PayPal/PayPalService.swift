import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server of PayPal's two calls on a port of 127.0.0.1.
///
/// It takes `secret` for the client `client`, and calls a webhook signed where the signature is the checksum of the
/// event's bytes as they stand in the question: whoever wrote the event anew would be told that it is a forgery.
final class PayPalService: Sendable {
  struct Request: Sendable {
    var path: String
    var headers: HTTPHeaders
    var body: [UInt8]
  }

  struct Behaviour: Sendable {
    /// Seconds that a token is said to live.
    var tokenLife = 32_400.0
    /// The status of the next answers to the question about a signature, each for one.
    var statuses: [HTTPResponseStatus] = []
    /// Instead of the right answer.
    var answer: String?
    var tokenStatus: HTTPResponseStatus?
    /// Questions are read and not answered.
    var isSilent = false
  }

  let behaviour = Mutex(Behaviour())
  private let seen = Mutex<[Request]>([])
  private let tokens = Mutex(0)
  private let channel = Mutex<(any Channel)?>(nil)

  var requests: [Request] { seen.withLock { $0 } }
  var tokenRequests: Int { requests.filter { $0.path == "/v1/oauth2/token" }.count }
  var questions: [Request] { requests.filter { $0.path != "/v1/oauth2/token" } }
  var url: String { "http://127.0.0.1:\(channel.withLock { $0?.localAddress?.port } ?? 0)" }

  /// Serves for the time of `body`.
  static func with(_ body: (PayPalService) async throws -> Void) async throws {
    let service = PayPalService()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Connection(service))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    service.channel.withLock { $0 = channel }
    do {
      try await body(service)
    } catch {
      try await channel.close()
      throw error
    }
    try await channel.close()
  }

  static func signature(of event: some Sequence<UInt8>) -> String {
    String(event.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
  }

  fileprivate func answer(to request: Request) -> (HTTPResponseStatus, String)? {
    seen.withLock { $0.append(request) }
    let behaviour = behaviour.withLock { $0 }
    if request.path == "/v1/oauth2/token" {
      if let status = behaviour.tokenStatus { return (status, "{}") }
      let credentials = Data("client:secret".utf8).base64EncodedString()
      guard request.headers["Authorization"] == ["Basic \(credentials)"],
        request.body == Array("grant_type=client_credentials".utf8)
      else { return (.unauthorized, #"{"error": "invalid_client"}"#) }
      let number = tokens.withLock { count in
        count += 1
        return count
      }
      return (
        .ok, #"{"access_token": "T\#(number)", "token_type": "Bearer", "expires_in": \#(behaviour.tokenLife)}"#
      )
    }
    guard request.path == "/v1/notifications/verify-webhook-signature" else { return (.notFound, "{}") }
    if behaviour.isSilent { return nil }
    let status = self.behaviour.withLock { $0.statuses.isEmpty ? nil : $0.statuses.removeFirst() }
    if let status { return (status, "{}") }
    guard request.headers["Authorization"] == ["Bearer T\(tokens.withLock { $0 })"] else {
      return (.unauthorized, "{}")
    }
    return (.ok, behaviour.answer ?? #"{"verification_status": "\#(isSigned(request) ? "SUCCESS" : "FAILURE")"}"#)
  }

  private func isSigned(_ request: Request) -> Bool {
    guard let fields = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any],
      let start = Data(request.body).range(of: Data(#""webhook_event":"#.utf8))
    else { return false }
    let event = request.body[start.upperBound...].dropLast()
    return fields["transmission_sig"] as? String == PayPalService.signature(of: event)
      && fields["webhook_id"] as? String == "W-1" && fields["transmission_id"] as? String == "t-1"
      && fields["transmission_time"] as? String == "2026-11-23T10:00:00Z"
      && fields["auth_algo"] as? String == "SHA256withRSA"
      && fields["cert_url"] as? String == "https://api.paypal.com/v1/notifications/certs/CERT-1"
  }
}

private final class Connection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let service: PayPalService
  private var request: PayPalService.Request?

  init(_ service: PayPalService) { self.service = service }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): request = PayPalService.Request(path: head.uri, headers: head.headers, body: [])
    case .body(let bytes): request?.body += Array(bytes.readableBytesView)
    case .end:
      guard let request, let (status, body) = service.answer(to: request) else { return }
      let headers: HTTPHeaders = ["Content-Type": "application/json", "Content-Length": "\(body.utf8.count)"]
      context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
