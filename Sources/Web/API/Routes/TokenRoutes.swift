import Agent
import FoundationEssentials
import Hummingbird
import Model
import NIOCore

/// The tokens: listing, making, removing.
struct TokenRoutes: Sendable {
  let access: any AccessControl

  var routes: [APIRoute] {
    [
      .get("/api/tokens", .scope(.admin)) { request, _ in
        _ = try APIQuery(request, allowed: [])
        return try Response(json: TokenList(tokens: try await access.tokens()))
      },
      .post("/api/tokens", .scope(.admin), body: APICall.largestBody) { request, call in
        try await create(request, call)
      },
      .delete("/api/tokens/:name", .scope(.admin)) { request, call in
        _ = try APIQuery(request, allowed: [])
        try await access.removeToken(named: String(call.parameters["name"] ?? ""), by: call.person)
        return Response(status: .noContent)
      },
    ]
  }

  private func create(_ request: Request, _ call: APICall) async throws -> Response {
    _ = try APIQuery(request, allowed: [])
    let wish = try call.object(
      TokenWish.self, names: ["name", "scope", "expires_in"],
      example: #"{"name":"ci","scope":"run","expires_in":86400}; "#
        + "scopes are read, run and admin, and `expires_in` is in seconds.")
    return try Response(status: .created, json: try await access.createToken(wish, by: call.person))
  }
}
