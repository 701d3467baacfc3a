import NIOHTTP1

/// The endpoint's own answers, given without asking the agent. None repeats anything of the request.
struct HookRefusal: Error {
  let status: HTTPResponseStatus
  private let code: String
  private let message: String
  var allow: String?
  /// Seconds after which to come back.
  var retryAfter: Int?

  /// The same shape as every error of the API.
  var body: String { #"{"error":{"code":"\#(code)","message":"\#(message)"}}"# }

  private init(_ status: HTTPResponseStatus, _ code: String, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  static let badRequest = HookRefusal(.badRequest, "bad_request", "The request is not well-formed HTTP.")
  static let notFound = HookRefusal(.notFound, "not_found", "There is nothing here.")
  static let timeout = HookRefusal(.requestTimeout, "timeout", "The request did not arrive in time.")
  static let tooLarge = HookRefusal(.payloadTooLarge, "too_large", "The body is larger than this server takes.")
  static let encodedBody = HookRefusal(
    .unsupportedMediaType, "encoded_body", "The body must be sent without a content encoding.")
  static let expectation = HookRefusal(
    .expectationFailed, "expectation_failed", "Of all expectations only 100-continue is met.")
  static let headersTooLarge = HookRefusal(
    .requestHeaderFieldsTooLarge, "headers_too_large", "The header fields are larger than this server takes.")
  static let unknownTransferCoding = HookRefusal(
    .notImplemented, "transfer_coding", "Of all transfer codings only chunked is known.")

  static let tooSlow = {
    var refusal = HookRefusal(
      .serviceUnavailable, "unavailable", "The delivery was not recorded in time; send it again.")
    refusal.retryAfter = 30
    return refusal
  }()

  static func notAllowed(_ allow: String) -> HookRefusal {
    var refusal = HookRefusal(.methodNotAllowed, "method_not_allowed", "This path takes \(allow).")
    refusal.allow = allow
    return refusal
  }
}
