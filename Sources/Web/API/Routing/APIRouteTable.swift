import HTTPTypes

/// All that the API knows. What is not named here does not exist.
struct APIRouteTable: Sendable {
  enum Match {
    case found(APIRoute, [Substring: Substring])
    /// The path is known, but not with this method; `allow` is what it takes (RFC 9110, section 15.5.6).
    case notAllowed(allow: String)
    case none
  }

  let routes: [APIRoute]

  /// - Parameter path: as sent, without the query. HEAD is taken wherever GET is.
  func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    let wanted = method == .head ? .get : method
    var allowed: [String] = []
    for route in routes {
      guard let parameters = route.path.parameters(of: segments) else { continue }
      if route.method == wanted { return .found(route, parameters) }
      allowed += route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue]
    }
    return allowed.isEmpty ? .none : .notAllowed(allow: allowed.joined(separator: ", "))
  }
}
