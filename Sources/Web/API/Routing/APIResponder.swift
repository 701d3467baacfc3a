import HTTPTypes
import Hummingbird
import Logging
import Model

/// The way of every request to the API: is it for us, who asks, is there such a thing, may they, then the route's own
/// work. Until it is known who asks, no answer depends on what there is.
struct APIResponder: HTTPResponder {
  let hosts: HostCheck
  let authentication: Authentication
  let table: APIRouteTable

  func respond(to request: Request, context: APIContext) async throws -> Response {
    var response: Response
    do {
      response = try await answer(request, context)
    } catch {
      let failure = APIFailure(error)
      if failure.status == .internalServerError {
        context.logger.error("\(request.method) \(request.uri.path) failed: \(error)")
      }
      response = try failure.response(from: request, context: context)
    }
    for field in APIResponder.securityHeaders { response.headers[field.name] = field.value }
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(_ request: Request, _ context: APIContext) async throws -> Response {
    try hosts.check(request, arrivedAt: context.channel.localAddress)
    let match = table.match(request.method, request.uri.path)
    if case .found(let route, let parameters) = match, route.access == .open {
      // Who shows a token that counts may be told more.
      let caller = authentication.knownCaller(of: request, on: context.channel)
      return try await route.answer(request, APICall(parameters: parameters, caller: caller))
    }
    let caller = try authentication.caller(of: request, on: context.channel)
    switch match {
    case .none: throw APIFailure.notFound("There is nothing here.")
    case .notAllowed(let allow): throw APIFailure.notAllowed(allow)
    case .found(let route, let parameters):
      guard case .scope(let scope) = route.access, caller.scope >= scope else {
        throw APIFailure.forbidden(route.access)
      }
      return try await route.answer(request, APICall(parameters: parameters, caller: caller))
    }
  }

  /// No browser is to guess at, keep, frame or embed what is answered here (the Fetch and CSP standards).
  private static let securityHeaders: HTTPFields = {
    var fields: HTTPFields = [
      .cacheControl: "no-store",
      .xContentTypeOptions: "nosniff",
      .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
    ]
    for (name, value) in [("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin")] {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    return fields
  }()
}
