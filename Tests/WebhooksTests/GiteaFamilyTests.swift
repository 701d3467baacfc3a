import FoundationEssentials
import Model
import Testing
import Webhooks

@Suite("Gitea, Forgejo and Gogs")
struct GiteaFamilyTests {
  static let family = [GiteaFamily.gitea, .forgejo, .gogs]

  @Test("every known answer comes out as written, for each of the three", arguments: try KnownAnswer.all(of: "gitea"))
  func knownAnswers(answer: KnownAnswer) {
    for sender in Self.family {
      let check = sender.check(answer.request, secrets: answer.secrets)
      #expect((check == .valid) == answer.expected, "\(sender.name), \(answer.why): \(check)")
    }
  }

  @Test("in a form it is the JSON that is signed")
  func form() throws {
    let json = try pushBody()
    let type = "application/x-www-form-urlencoded"
    let overJSON = SignedRequest(
      headers: ["X-Gitea-Signature": try opensslHMAC(json, key: "s"), "Content-Type": type, "X-Gitea-Event": "push"],
      body: formBody(json), now: 0)
    #expect(GiteaFamily.gitea.check(overJSON, secrets: [Secret("s")]) == .valid)
    #expect(try GiteaFamily.gitea.meaning(of: overJSON).push?.repository == "acme/shop")
    var overForm = overJSON
    overForm.headers = ["X-Gitea-Signature": try opensslHMAC(formBody(json), key: "s"), "Content-Type": type]
    #expect(GiteaFamily.gitea.check(overForm, secrets: [Secret("s")]) != .valid)
  }

  @Test("signature headers that do not agree are ambiguous, also where one of them is right")
  func disagreement() throws {
    let right = try opensslHMAC([], key: "s")
    let wrong = try opensslHMAC([], key: "t")
    let request = SignedRequest(
      headers: ["X-Forgejo-Signature": right, "X-Gitea-Signature": right, "X-Hub-Signature-256": "sha256=" + wrong],
      body: [], now: 0)
    #expect(
      GiteaFamily.forgejo.check(request, secrets: [Secret("s")])
        == .ambiguous(reason: "the signature headers do not agree"))
  }

  @Test("Gogs tells of a new tag by `create`; the others send a push too, so theirs is ignored")
  func tags() throws {
    let json = """
      {"ref": "v1.2", "ref_type": "tag", "sha": "2222222222222222222222222222222222222222",
       "repository": {"full_name": "acme/shop", "clone_url": "https://gogs.example.org/acme/shop.git"},
       "sender": {"login": "ada"}}
      """
    let request = SignedRequest(
      headers: ["X-Gogs-Event": "create", "Content-Type": "application/json", "X-Gogs-Delivery": "g-1"],
      body: Array(json.utf8), now: 0)
    let meaning = try GiteaFamily.gogs.meaning(of: request)
    let push = try #require(meaning.push)
    #expect(meaning.id == "g-1")
    #expect(push.ref.full == "refs/tags/v1.2")
    #expect(push.after.short == "22222222")
    #expect(push.created && push.before.isZero && !push.deleted)
    #expect(push.pusher == "ada")
    #expect(try GiteaFamily.gitea.meaning(of: request).ignored == "event `create` is not a push")
  }
}
