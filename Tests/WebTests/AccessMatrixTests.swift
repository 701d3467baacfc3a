import HTTPTypes
import Model
import TestSupport
import Testing

@testable import Web

/// Every route there is × who asks × how the path is written × the method. The routes come from the table itself, so a
/// new one is in here without a word.
@Suite("Access to the API over TCP")
struct AccessMatrixTests {
  private static let agent: FakeAgent = {
    let agent = FakeAgent()
    agent.set(.sample(1))
    return agent
  }()
  private static let access = FakeAccess(
    ["a-read": .read, "a-run": .run, "an-admin": .admin, "an-expired": .admin], expired: ["an-expired"])

  /// What is sent as `Authorization`, and the scope that it gives.
  private static let credentials: [(header: String?, scope: Scope?)] = [
    (nil, nil),
    ("Bearer unknown", nil), ("Bearer an-expired", nil), ("Basic an-admin", nil), ("Bearer", nil),
    ("Bearer  an-admin", nil), ("an-admin", nil), ("Bearer an-admin, Bearer an-admin", nil),
    ("Bearer a-read", .read), ("bearer a-run", .run), ("Bearer an-admin", .admin),
  ]

  private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"]

  static let routes = APIRoutes.table(agent: agent, access: access).routes

  /// Ways to write a path that another program might take for the same.
  private static func odd(_ path: String) -> [String] {
    let rest = String(path.dropFirst())
    let escaped = "%" + String(rest.utf8.first ?? 0, radix: 16)
    let afterFirst = String(rest.dropFirst())
    let paths: [String] = [
      "\(path)/", "/\(path)", "\(path)//", path.uppercased(), "/./\(rest)", "/x/..\(path)", "\(path);a", "\(path)%20",
      "\(path)#x", "/%2e\(path)", "/\(rest.prefix(1))%2f\(afterFirst)", "/\(escaped)\(afterFirst)",
      "http://localhost\(path)", "https://127.0.0.1\(path)", "/\(rest.replacing("/", with: "\\"))", "/v1\(path)",
      "\(path)/x/y/z",
    ]
    return paths.filter { $0 != path }
  }

  private static func filled(_ route: APIRoute) -> String {
    route.path.description.split(separator: "/").map { $0.hasPrefix(":") ? "1" : "/\($0)" }
      .reduce("") { $0 + ($1.hasPrefix("/") ? $1 : "/" + $1) }
  }

  @Test("the table has the routes that there are, and each says who may ask", .enabled(if: routes.count > 10))
  func table() {
    let open = AccessMatrixTests.routes.filter { $0.access == .open }.map(\.path.description)
    #expect(open == ["/healthz", "/readyz"])
    let acts = AccessMatrixTests.routes.filter { $0.method != .get }
    #expect(acts.allSatisfy { $0.access != .scope(.read) && $0.access != .open })
  }

  @Test("nothing is answered without a token, and to each scope only what it includes", arguments: routes.indices)
  func matrix(index: Int) async throws {
    let route = AccessMatrixTests.routes[index]
    let path = AccessMatrixTests.filled(route)
    let known = AccessMatrixTests.routes.filter { AccessMatrixTests.filled($0) == path }
    try await withTCPServer(AccessMatrixTests.agent, AccessMatrixTests.access) { port in
      var refusals: Set<String> = []
      for credential in AccessMatrixTests.credentials {
        for method in AccessMatrixTests.methods {
          let answer = try await RawAnswer.of(method, path, credential.header, port: port)
          let expected = AccessMatrixTests.expected(method, known, credential.scope)
          #expect(
            expected.contains(answer.status), "\(method) \(path) with \(credential.header ?? "nothing"): \(answer)")
          if answer.status == 401, method != "HEAD" { refusals.insert(answer.withoutDate) }
          if answer.status == 405 { #expect(answer.head.contains("\r\nAllow: ")) }
        }
        guard route.access != .open || credential.scope == nil else { continue }
        for written in AccessMatrixTests.odd(path) {
          for method in ["GET", route.method.rawValue] {
            let answer = try await RawAnswer.of(method, written, credential.header, port: port)
            let expected = credential.scope == nil ? 401 : 404
            #expect(
              answer.status == expected, "\(method) \(written) with \(credential.header ?? "nothing"): \(answer)")
            if answer.status == 401 { refusals.insert(answer.withoutDate) }
          }
        }
      }
      // Missing, unknown and expired cannot be told apart.
      #expect(refusals.count == 1, "\(refusals)")
    }
  }

  private static func expected(_ method: String, _ known: [APIRoute], _ scope: Scope?) -> Set<Int> {
    let wanted = method == "HEAD" ? "GET" : method
    let route = known.first { $0.method.rawValue == wanted }
    if route?.access == .open { return [200] }
    guard let scope else { return [401] }
    guard let route else { return [405] }
    guard case .scope(let needed) = route.access, scope >= needed else { return [403] }
    // What the route itself says: that it did it, that it is not there, that the body is none.
    return [200, 201, 204, 404, 422]
  }

  @Test("a token in the address is no token")
  func tokenInAddress() async throws {
    try await withTCPServer(AccessMatrixTests.agent, AccessMatrixTests.access) { port in
      for path in ["/api/status?access_token=an-admin", "/api/status?token=an-admin"] {
        let status = try await RawAnswer.of("GET", path, nil, port: port).status
        #expect(status == 401)
      }
    }
  }

  @Test("no answer carries what a browser could use across sites, and none is kept")
  func headers() async throws {
    try await withTCPServer(AccessMatrixTests.agent, AccessMatrixTests.access) { port in
      for token in [nil, "Bearer an-admin"] {
        for path in ["/healthz", "/api/status", "/nothing"] {
          let head = try await RawAnswer.of("GET", path, token, port: port).head
          #expect(!head.lowercased().contains("access-control-"))
          #expect(!head.lowercased().contains("set-cookie"))
          #expect(head.contains("Cache-Control: no-store"), "\(head)")
          #expect(head.contains("X-Content-Type-Options: nosniff"))
          #expect(head.contains("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'"))
        }
      }
    }
  }
}
