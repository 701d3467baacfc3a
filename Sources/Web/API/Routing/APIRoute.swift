import HTTPTypes
import Hummingbird
import Model

/// One thing that can be asked for: a method, a path, who may ask, and what is done. A route that does not say who may
/// ask cannot be written.
struct APIRoute: Sendable {
  enum Access: Sendable, Equatable {
    /// Anybody; nothing but that the process answers, and whether it is ready, may be learnt from it. Who is known is
    /// told to the route all the same.
    case open
    /// Who has this scope. Whoever opens the Unix socket has all of them.
    case scope(Scope)
  }

  typealias Handler = @Sendable (Request, APICall) async throws -> Response

  let method: HTTPRequest.Method
  let path: PathPattern
  let access: Access
  let handle: Handler

  static func get(_ path: String, _ access: Access, _ handle: @escaping Handler) -> APIRoute {
    APIRoute(method: .get, path: PathPattern(path), access: access, handle: handle)
  }

  static func post(_ path: String, _ access: Access, _ handle: @escaping Handler) -> APIRoute {
    APIRoute(method: .post, path: PathPattern(path), access: access, handle: handle)
  }

  static func delete(_ path: String, _ access: Access, _ handle: @escaping Handler) -> APIRoute {
    APIRoute(method: .delete, path: PathPattern(path), access: access, handle: handle)
  }
}
