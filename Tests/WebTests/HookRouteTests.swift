import NIOHTTP1
import Testing

@testable import Web

@Suite("The route table of the TCP listener")
struct HookRouteTests {
  @Test(
    "only the two known paths exist, as they are spelt",
    arguments: [
      ("/webhook/github", .hook(source: "github")),
      ("/webhook/my-forge_2.x", .hook(source: "my-forge_2.x")),
      ("/webhook/github?a=b", .hook(source: "github")),
      ("/webhook/" + String(repeating: "a", count: 64), .hook(source: String(repeating: "a", count: 64))),
      ("/webhook/" + String(repeating: "a", count: 65), .notFound),
      ("/", .notFound), ("", .notFound), ("*", .notFound), ("/webhook", .notFound), ("/webhook/", .notFound),
      ("/webhook/github/", .notFound), ("/webhook/a/b", .notFound), ("//webhook/github", .notFound),
      ("/webhook//github", .notFound), ("/Webhook/github", .notFound), ("/webhook/%67ithub", .notFound),
      ("/webhook/git%00hub", .notFound), ("/webhook/gïthub", .notFound), ("/webhook/../healthz", .notFound),
      ("/api/runs", .notFound), ("/healthz/", .notFound), ("/metrics", .notFound),
      ("http://other/webhook/github", .notFound), ("/healthz", .notAllowed(allow: "GET, HEAD")),
    ] as [(String, HookRoute)])
  func paths(target: String, expected: HookRoute) {
    #expect(HookRoute(method: .POST, target: target) == expected)
  }

  @Test(
    "a known path with another method says which it takes", arguments: [HTTPMethod.GET, .PUT, .HEAD, .OPTIONS, .TRACE])
  func methods(method: HTTPMethod) {
    #expect(HookRoute(method: method, target: "/webhook/github") == .notAllowed(allow: "POST"))
  }

  @Test("the health of the process can be asked for with GET and HEAD")
  func health() {
    #expect(HookRoute(method: .GET, target: "/healthz") == .health)
    #expect(HookRoute(method: .HEAD, target: "/healthz?x") == .health)
  }
}
