import Agent
import NIOHTTP1

/// What the endpoint answers. Its own answers, given without asking the agent, repeat nothing of the request.
struct HookReply: Error {
  let status: HTTPResponseStatus
  /// A JSON object.
  let body: String
  var allow: String?
  /// Seconds after which to come back.
  var retryAfter: Int?
  /// What it says to people, where it is given without asking the agent.
  private(set) var sentence = ""
  /// It says how the agent is, and is none to a sender.
  private(set) var isAboutAgent = false

  init(_ answer: HookAnswer) {
    status = HTTPResponseStatus(statusCode: answer.status)
    body = answer.body
    retryAfter = answer.retryAfter
  }

  /// The same shape as every error of the API.
  private init(
    _ status: HTTPResponseStatus, _ code: String, _ message: String, allow: String? = nil, retryAfter: Int? = nil
  ) {
    self.status = status
    body = #"{"error":{"code":"\#(code)","message":"\#(message)"}}"#
    sentence = message
    self.allow = allow
    self.retryAfter = retryAfter
  }

  static let healthy = {
    var reply = HookReply(HookAnswer(status: 200, body: #"{"status":"ok"}"#))
    reply.isAboutAgent = true
    return reply
  }()

  init(_ readiness: AgentReadiness) {
    status = readiness.isReady ? .ok : .serviceUnavailable
    body = readiness.isReady ? #"{"status":"ready"}"# : #"{"status":"not ready"}"#
    retryAfter = readiness.isReady ? nil : readiness.retryAfter
    isAboutAgent = true
  }

  static let badRequest = HookReply(.badRequest, "bad_request", "The request is not well-formed HTTP.")
  static let unclearClient = HookReply(
    .badRequest, "bad_request",
    "What the proxy says of the client in X-Forwarded-For and Forwarded is malformed, or contradicts itself.")
  static let notFound = HookReply(.notFound, "not_found", "There is nothing here.")
  static let timeout = HookReply(.requestTimeout, "timeout", "The request did not arrive in time.")
  static let tooLarge = HookReply(.payloadTooLarge, "too_large", "The body is larger than this server takes.")
  static let encodedBody = HookReply(
    .unsupportedMediaType, "encoded_body", "The body must be sent without a content encoding.")
  static let expectation = HookReply(
    .expectationFailed, "expectation_failed", "Of all expectations only 100-continue is met.")
  static let headersTooLarge = HookReply(
    .requestHeaderFieldsTooLarge, "headers_too_large", "The header fields are larger than this server takes.")
  static let unknownTransferCoding = HookReply(
    .notImplemented, "transfer_coding", "Of all transfer codings only chunked is known.")
  static let tooSlow = HookReply(
    .serviceUnavailable, "unavailable", "The delivery was not recorded in time; send it again.", retryAfter: 30)
  static let tooBusy = HookReply(
    .serviceUnavailable, "busy", "Too much is being received at this moment; send it again later.", retryAfter: 5)

  static func notAllowed(_ allow: String) -> HookReply {
    HookReply(.methodNotAllowed, "method_not_allowed", "This path takes \(allow).", allow: allow)
  }
}
