import Agent
import Model
import NIOHTTP1
import TestSupport
import Testing

@testable import Web

@Suite("Tokens and the audit log over the API")
struct TokenRouteTests {
  @Test("a token is made with its text, listed without, and removed")
  func life() async throws {
    let directory = try TemporaryDirectory("api")
    try await withAPIServer(FakeAgent(), in: directory) { api in
      let made = try await api.post("/api/tokens", #"{"name":"ci","scope":"run","expires_in":60}"#)
      #expect(made.status == 201)
      #expect(try made.decoded(NewToken.self).text == "text of ci")
      let listed = try await api.get("/api/tokens")
      #expect(try listed.decoded(TokenList.self).tokens.map(\.name) == ["ci"])
      #expect(!listed.text.contains("text of"))
      let removed = try await api.send(.DELETE, "/api/tokens/ci", [:], nil)
      #expect(removed.status == 204)
      let again = try await api.send(.DELETE, "/api/tokens/ci", [:], nil)
      #expect(again.status == 404)
    }
  }

  @Test(
    "a wish that is none is answered with what one looks like",
    arguments: ["", "[]", "{}", #"{"scope":"write"}"#, #"{"name":"x"}"#, #"{"scope":"run","expires_in":"90d"}"#])
  func badWish(body: String) async throws {
    let directory = try TemporaryDirectory("api")
    try await withAPIServer(FakeAgent(), in: directory) { api in
      let answer = try await api.post("/api/tokens", body)
      #expect(answer.status == 422)
      #expect(answer.message.contains("scopes are read, run and admin"))
    }
  }

  @Test("the audit log is told line by line, flat")
  func audit() async throws {
    let directory = try TemporaryDirectory("api")
    try await withAPIServer(FakeAgent(), in: directory) { api in
      let answer = try await api.get("/api/audit?limit=5")
      let entry = try #require(try answer.decoded(AuditList.self).entries.first)
      #expect(entry.person == "ada" && entry.via == .socket && entry.act == .cancel && entry.object == "run 5")
      let wrong = try await api.get("/api/audit?limit=0").status
      #expect(wrong == 422)
    }
  }
}
