import Model
import Testing
import Webhooks

@Suite("Bitbucket")
struct BitbucketTests {
  private let one = String(repeating: "1", count: 40)
  private let two = String(repeating: "2", count: 40)
  private let zeros = String(repeating: "0", count: 40)

  private func request(_ json: String, _ event: String) -> SignedRequest {
    SignedRequest(
      headers: ["Content-Type": "application/json", "X-Event-Key": event, "X-Request-UUID": "u-1"],
      body: Array(json.utf8), now: 0)
  }

  private func state(_ type: String, _ name: String, _ commit: String) -> String {
    #"{"type": "\#(type)", "name": "\#(name)", "target": {"hash": "\#(commit)", "message": "Sell"}}"#
  }

  @Test("Cloud: every ref that one push moved is told, with its kind and flags")
  func cloud() throws {
    let json = """
      {"actor": {"nickname": "ada", "display_name": "Ada"},
       "repository": {"full_name": "acme/shop", "links": {"html": {"href": "https://bitbucket.org/acme/shop"}}},
       "push": {"changes": [
         {"old": \(state("branch", "main", one)), "new": \(state("branch", "main", two)), "forced": true},
         {"old": null, "new": \(state("tag", "v1", two)), "created": true},
         {"old": \(state("branch", "old", one)), "new": null, "closed": true},
         {"old": null, "new": \(state("bookmark", "x", two)), "created": true}]}}
      """
    let meaning = try Bitbucket.cloud.meaning(of: request(json, "repo:push"))
    #expect(meaning.id == "u-1")
    #expect(meaning.pushes.map(\.ref.full) == ["refs/heads/main", "refs/tags/v1", "refs/heads/old"])
    #expect(meaning.pushes.map(\.before.hex) == [one, zeros, one])
    #expect(meaning.pushes.map(\.after.hex) == [two, two, zeros])
    #expect(meaning.pushes.map(\.forced) == [true, false, false])
    #expect(meaning.pushes.map(\.created) == [false, true, false])
    #expect(meaning.pushes.map(\.deleted) == [false, false, true])
    #expect(meaning.pushes.allSatisfy { $0.pusher == "ada" && $0.repository == "acme/shop" })
    #expect(Set(meaning.pushes.flatMap { $0.addresses.map(\.identity) }) == ["bitbucket.org/acme/shop"])
  }

  @Test("Data Center: every changed ref is told; without clone addresses too")
  func dataCenter() throws {
    let json = """
      {"actor": {"name": "ada"}, "repository": {"slug": "shop", "project": {"key": "ACME"}},
       "changes": [
         {"ref": {"id": "refs/heads/main"}, "fromHash": "\(one)", "toHash": "\(two)", "type": "UPDATE"},
         {"refId": "refs/tags/v1", "fromHash": "\(zeros)", "toHash": "\(two)", "type": "ADD"},
         {"ref": {"id": "refs/heads/old"}, "fromHash": "\(one)", "toHash": "\(zeros)", "type": "DELETE"},
         {"ref": {"id": "refs/notes/x"}, "fromHash": "\(one)", "toHash": "\(two)", "type": "UPDATE"}]}
      """
    let meaning = try Bitbucket.dataCenter.meaning(of: request(json, "repo:refs_changed"))
    #expect(meaning.pushes.map(\.ref.full) == ["refs/heads/main", "refs/tags/v1", "refs/heads/old"])
    #expect(meaning.pushes.map(\.created) == [false, true, false])
    #expect(meaning.pushes.map(\.deleted) == [false, false, true])
    #expect(meaning.pushes.allSatisfy { $0.repository == "ACME/shop" && $0.addresses.isEmpty && $0.pusher == "ada" })
  }

  @Test("a push of nothing, a test and other events are ignored with a reason")
  func ignored() throws {
    let nothing = #"{"repository": {"full_name": "a/b"}, "push": {"changes": []}}"#
    let empty = try Bitbucket.cloud.meaning(of: request(nothing, "repo:push"))
    #expect(empty.ignored == "it moves neither a branch nor a tag" && empty.isEmptyPush)
    #expect(try Bitbucket.dataCenter.meaning(of: request("{}", "diagnostics:ping")).ignored == "ping")
    #expect(
      try Bitbucket.cloud.meaning(of: request("{}", "issue:created")).ignored == "event `issue:created` is not a push")
  }
}
