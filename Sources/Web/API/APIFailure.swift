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

  static func notFound(_ message: String) -> APIFailure {
    APIFailure(status: .notFound, code: "not_found", message: message)
  }

  static func invalid(_ message: String) -> APIFailure {
    APIFailure(status: .unprocessableContent, code: "invalid", message: message)
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
    case let error as any HTTPResponseError:
      self.init(status: error.status, code: "http", message: error.status.reasonPhrase)
    default:
      self.init(status: .internalServerError, code: "internal", message: "The agent failed; see its log.")
    }
  }

  private init(status: HTTPResponse.Status, code: String, message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    try Response(status: status, json: APIError(error: .init(code: code, message: message)))
  }
}
