import Agent
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import RunDirectory

/// An answer that is not what was asked for: a status, a word for programs and a sentence for people.
struct APIFailure: HTTPResponseError {
  let status: HTTPResponse.Status
  let code: String
  let message: String
  /// Besides the usual ones.
  let headers: HTTPFields

  static func notFound(_ message: String) -> APIFailure {
    APIFailure(status: .notFound, code: "not_found", message: message)
  }

  static func invalid(_ message: String) -> APIFailure {
    APIFailure(status: .unprocessableContent, code: "invalid", message: message)
  }

  /// The same for every cause: nobody is to learn which token exists, or did.
  static var unauthorized: APIFailure {
    APIFailure(
      status: .unauthorized, code: "unauthorized",
      message: "A valid token is needed, as `Authorization: Bearer pushrod_…`.",
      headers: [.wwwAuthenticate: #"Bearer realm="pushrod""#, .connection: "close"])
  }

  static func tooManyAttempts(retryAfter seconds: Int) -> APIFailure {
    APIFailure(
      status: .tooManyRequests, code: "too_many_attempts",
      message: "Too many requests without a valid token came from this address.",
      headers: [.retryAfter: String(seconds), .connection: "close"])
  }

  /// - Parameter access: what the route asks for.
  static func forbidden(_ access: APIRoute.Access) -> APIFailure {
    let needed = if case .scope(let scope) = access { "a token of the scope \(scope.rawValue)" } else { "more" }
    return APIFailure(
      status: .forbidden, code: "forbidden", message: "This token may not do that: it takes \(needed).")
  }

  static func notAllowed(_ allow: String) -> APIFailure {
    APIFailure(
      status: .methodNotAllowed, code: "method_not_allowed", message: "This path takes \(allow).",
      headers: [.allow: allow])
  }

  /// What is left of the body is not waited for.
  static func tooLarge(_ largest: Int) -> APIFailure {
    APIFailure(
      status: .contentTooLarge, code: "too_large", message: "The body is larger than \(largest) bytes.",
      headers: [.connection: "close"])
  }

  static var brokenBody: APIFailure {
    APIFailure(
      status: .badRequest, code: "bad_request", message: "The body did not come whole.",
      headers: [.connection: "close"])
  }

  static func late(after seconds: Int) -> APIFailure {
    APIFailure(
      status: .serviceUnavailable, code: "unavailable",
      message: "The agent has no answer after \(seconds) s: the disk of its store may hang, which /readyz and its "
        + "log tell. What was asked for may be done yet.",
      headers: [.retryAfter: "10"])
  }

  static var misdirected: APIFailure {
    APIFailure(
      status: .misdirectedRequest, code: "misdirected",
      message: "The agent does not answer to this host name; the names it answers to stand under `api.hosts`.",
      headers: [.connection: "close"])
  }

  static var foreignPage: APIFailure {
    APIFailure(
      status: .forbidden, code: "foreign_page", message: "Pages of other sites may not call this API.",
      headers: [.connection: "close"])
  }

  /// What any error means to the client.
  init(_ error: any Error) {
    switch error {
    case let error as APIFailure: self = error
    case ControlError.notFound(let text): self = .notFound(text)
    case ControlError.invalid(let text): self = .invalid(text)
    case ControlError.conflict(let text): self.init(status: .conflict, code: "conflict", message: text)
    case ControlError.unavailable(let text):
      self.init(status: .serviceUnavailable, code: "unavailable", message: text)
    case let error as StoreFailure:
      self.init(
        status: .serviceUnavailable, code: "unavailable",
        message: "The agent's store did not answer: \(error.description)")
    case let error as RunDirectoryError:
      self.init(
        status: .internalServerError, code: "run_directory",
        message: "The run's directory cannot be read: \(error)")
    default:
      self.init(status: .internalServerError, code: "internal", message: "The agent failed; see its log.")
    }
  }

  private init(status: HTTPResponse.Status, code: String, message: String, headers: HTTPFields = [:]) {
    self.status = status
    self.code = code
    self.message = message
    self.headers = headers
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    var response = try Response(status: status, json: APIError(error: .init(code: code, message: message)))
    for field in headers { response.headers[field.name] = field.value }
    return response
  }
}
