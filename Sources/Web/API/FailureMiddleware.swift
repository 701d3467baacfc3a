import Hummingbird
import Logging

/// Turns every error into an answer of one shape, also those of the router itself.
struct FailureMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let failure = APIFailure(error)
      if failure.status == .internalServerError {
        context.logger.error("\(request.method) \(request.uri.path) failed: \(error)")
      }
      return try failure.response(from: request, context: context)
    }
  }
}
