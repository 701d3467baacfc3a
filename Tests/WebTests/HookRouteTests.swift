import NIOHTTP1
import Testing

@testable import Web

@Suite("The route table of the TCP listener")
struct HookRouteTests {
  @Test(
    "only the known paths exist, as they are spelt",
    arguments: [
      ("/webhook/github", .hook(source: "github")),
      ("/webhook/my-forge_2.x", .hook(source: "my-forge_2.x")),
      ("/webhook/github?a=b", .hook(source: "github", query: "a=b")),
      ("/webhook/phone?", .hook(source: "phone", query: "")),
      ("/webhook/phone?b=%2f+x&&a?/=1", .hook(source: "phone", query: "b=%2f+x&&a?/=1")),
      ("/webhook/phone?a b", .notFound), ("/webhook/phone?a\u{7f}", .notFound),
      ("/webhook/phone?" + String(repeating: "a", count: 8193), .notFound),
      ("/webhook/checks/aB3-._~", .hook(source: "checks", token: "aB3-._~")),
      ("/webhook/checks/a?b/c", .hook(source: "checks", token: "a", query: "b/c")),
      (
        "/webhook/checks/" + String(repeating: "a", count: 256),
        .hook(source: "checks", token: String(repeating: "a", count: 256))
      ),
      ("/webhook/checks/" + String(repeating: "a", count: 257), .notFound), ("/webhook/checks/a/", .notFound),
      ("/webhook/checks/a%41", .notFound), ("/webhook/checks//a", .notFound), ("/webhook/checks/ä", .notFound),
      ("/webhook/" + String(repeating: "a", count: 64), .hook(source: String(repeating: "a", count: 64))),
      ("/webhook/" + String(repeating: "a", count: 65), .notFound),
      ("/", .notFound), ("", .notFound), ("*", .notFound), ("/webhook", .notFound), ("/webhook/", .notFound),
      ("/webhook/github/", .notFound), ("/webhook/a/b/c", .notFound), ("//webhook/github", .notFound),
      ("/webhook//github", .notFound), ("/Webhook/github", .notFound), ("/webhook/%67ithub", .notFound),
      ("/webhook/git%00hub", .notFound), ("/webhook/gïthub", .notFound), ("/webhook/../healthz", .notFound),
      ("/api/runs", .notFound), ("/healthz/", .notFound), ("/metrics", .notFound),
      ("http://other/webhook/github", .notFound), ("/healthz", .notAllowed(allow: "GET, HEAD")),
      ("/readyz", .notAllowed(allow: "GET, HEAD")), ("/readyz/", .notFound),
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
    #expect(HookRoute(method: .GET, target: "/readyz") == .readiness)
  }
}
