import Model
import Testing
import Webhooks

@Suite("GitLab")
struct GitLabTests {
  let gitLab = GitLab()
  private let key = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

  private func push(_ changes: String = "", event: String = "push", ref: String = "refs/heads/main") -> SignedRequest {
    let json = """
      {"object_kind": "\(event)", "ref": "\(ref)", \(changes)
       "before": "1111111111111111111111111111111111111111", "after": "2222222222222222222222222222222222222222",
       "checkout_sha": "3333333333333333333333333333333333333333", "user_name": "Ada", "user_username": "ada",
       "project": {"path_with_namespace": "acme/shop", "git_http_url": "https://gitlab.example.org/acme/shop.git",
                   "git_ssh_url": "git@gitlab.example.org:acme/shop.git"},
       "commits": [{"id": "3333333333333333333333333333333333333333", "message": "Sell more"}]}
      """
    return SignedRequest(headers: ["Content-Type": "application/json"], body: Array(json.utf8), now: 1_700_000_000)
  }

  @Test("a token that was agreed is enough where there is no signature; where there is one, it has to hold")
  func ways() throws {
    var request = push()
    request.headers = ["X-Gitlab-Token": "plain"]
    #expect(gitLab.check(request, secrets: [Secret("plain"), key]) == .valid)
    request.headers.append("webhook-id", "m-1")
    #expect(gitLab.check(request, secrets: [Secret("plain"), key]) == .valid)
    request.headers.append("webhook-timestamp", "1700000000")
    request.headers.append("webhook-signature", "v1,AAAA")
    #expect(gitLab.check(request, secrets: [Secret("plain"), key]) != .valid)
    request.headers = try #require(gitLab.headers(signing: request, event: "push", id: "m-1", secret: key))
    request.headers.append("X-Gitlab-Token", "something else")
    #expect(gitLab.check(request, secrets: [key]) == .valid)
  }

  @Test("a push, a tag, a deletion")
  func pushes() throws {
    let branch = try #require(try gitLab.meaning(of: push()).push)
    #expect(branch.repository == "acme/shop")
    #expect(branch.addresses.map(\.identity) == Array(repeating: "gitlab.example.org/acme/shop", count: 2))
    #expect(branch.pusher == "ada")
    #expect(branch.after.short == "22222222")
    #expect(branch.message == "Sell more")
    let tag = try gitLab.meaning(of: push(event: "tag_push", ref: "refs/tags/v1"))
    #expect(tag.event == "tag_push")
    #expect(tag.push?.ref.tag == "v1")
    let zeros = String(repeating: "0", count: 40)
    let gone = try gitLab.meaning(of: push("\"after\": \"\(zeros)\", "))
    #expect(gone.push?.deleted == true)
  }

  @Test("the pusher is the account; the name to show, which anybody may choose, only where there is no other")
  func pusher() throws {
    let pusher = { (account: String) throws in
      let body = String(decoding: push().body, as: UTF8.self).replacing("\"ada\"", with: account)
      return try gitLab.meaning(
        of: SignedRequest(headers: ["Content-Type": "application/json"], body: Array(body.utf8), now: 0)
      ).push?.pusher
    }
    #expect(try pusher("\"grace\"") == "grace")
    #expect(try pusher("\"\"") == "Ada")
    #expect(try pusher("null") == "Ada")
  }

  @Test("an id that stays the same when a delivery is sent again comes before one that other events share")
  func ids() {
    #expect(gitLab.id(of: ["X-Gitlab-Event-UUID": "e"]) == "e")
    #expect(gitLab.id(of: ["X-Gitlab-Event-UUID": "e", "Idempotency-Key": "k"]) == "k")
    #expect(gitLab.id(of: ["X-Gitlab-Event-UUID": "e", "Idempotency-Key": "k", "webhook-id": "k"]) == "k")
  }

  @Test("other events are ignored by name; a body that names none is refused")
  func events() throws {
    #expect(try gitLab.meaning(of: push(event: "issue")).ignored == "event `issue` is not a push")
    #expect(throws: Unreadable.self) {
      try gitLab.meaning(
        of: SignedRequest(headers: ["Content-Type": "application/json"], body: Array("{}".utf8), now: 0))
    }
  }
}
