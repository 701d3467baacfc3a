import Model
import Testing
import Webhooks

@Suite("What GitHub's deliveries say")
struct GitHubMeaningTests {
  let gitHub = GitHub()
  let zeros = String(repeating: "0", count: 40)

  @Test("a push says which ref of which repository moved, and who moved it")
  func push() throws {
    let meaning = try gitHub.meaning(of: gitHubRequest(try pushBody()))
    let push = try #require(meaning.push)
    #expect(meaning.event == "push")
    #expect(meaning.id == "d-1")
    #expect(meaning.ignored == nil)
    #expect(push.repository == "acme/shop")
    #expect(Set(push.addresses.map(\.identity)) == ["github.com/acme/shop"])
    #expect(push.addresses.count == 4)
    #expect(push.ref.branch == "main")
    #expect(push.before.short == "11111111")
    #expect(push.after.short == "22222222")
    #expect(!push.created && !push.deleted && !push.forced)
    #expect(push.pusher == "ada")
    #expect(push.message == "Sell more\n\nMuch more.")
  }

  @Test("a new tag, a forced push and a deletion are told apart")
  func kinds() throws {
    let tag = try pushBody(["ref": "refs/tags/v1.0", "before": zeros, "created": true])
    let newTag = try #require(try gitHub.meaning(of: gitHubRequest(tag)).push)
    #expect(newTag.ref.tag == "v1.0")
    #expect(newTag.created && newTag.before.isZero)

    let forced = try gitHub.meaning(of: gitHubRequest(try pushBody(["forced": true])))
    #expect(forced.push?.forced == true)

    let deletion = try pushBody(["after": zeros, "deleted": true, "head_commit": nil])
    let deleted = try #require(try gitHub.meaning(of: gitHubRequest(deletion)).push)
    #expect(deleted.deleted && deleted.after.isZero)
    #expect(deleted.message == nil)
  }

  @Test("where a flag is missing or lies, the ids decide")
  func flags() throws {
    let new = try gitHub.meaning(of: gitHubRequest(try pushBody(["before": zeros, "created": nil])))
    #expect(new.push?.created == true)
    let gone = try gitHub.meaning(of: gitHubRequest(try pushBody(["after": zeros, "deleted": false])))
    #expect(gone.push?.deleted == true)
  }

  @Test("a form says the same as JSON")
  func form() throws {
    let json = try pushBody(["head_commit": ["message": "a+b & c=d % ü\n"]])
    let asJSON = try gitHub.meaning(of: gitHubRequest(json, contentType: "Application/JSON ; charset=utf-8"))
    let body = formBody(json) + Array("&other=1".utf8)
    let asForm = try gitHub.meaning(of: gitHubRequest(body, contentType: "application/x-www-form-urlencoded"))
    #expect(asForm == asJSON)
    #expect(asForm.push?.message == "a+b & c=d % ü\n")
  }

  @Test("ping and every other event are acknowledged with a reason, whatever the body")
  func otherEvents() throws {
    #expect(try gitHub.meaning(of: gitHubRequest(Array("{}".utf8), event: "ping")).ignored == "ping")
    let star = try gitHub.meaning(of: gitHubRequest([], event: "star"))
    #expect(star.ignored == "event `star` is not a push")
    #expect(star.event == "star")
    #expect(star.push == nil)
  }

  @Test("a ref that is neither branch nor tag starts nothing")
  func otherRefs() throws {
    let meaning = try gitHub.meaning(of: gitHubRequest(try pushBody(["ref": "refs/notes/commits"])))
    #expect(meaning.push == nil)
    #expect(meaning.ignored == "ref refs/notes/commits is neither a branch nor a tag")
    #expect(meaning.isEmptyPush)
  }

  @Test(
    "an id that cannot be kept is left out, and the delivery is read all the same",
    arguments: ["", " ", String(repeating: "x", count: 129), "a b", "a\u{0}b", "ä", "a\nb", "\u{1b}[2J"])
  func ids(id: String) throws {
    let meaning = try gitHub.meaning(of: gitHubRequest(try pushBody(), id: id))
    #expect(meaning.id == nil)
    #expect(meaning.push != nil)
  }

  @Test("an id is the same for every reader, and none where it was sent twice")
  func idTwice() throws {
    var request = gitHubRequest(try pushBody())
    #expect(gitHub.id(of: request.headers) == "d-1")
    request.headers.append("X-GitHub-Delivery", "d-2")
    #expect(gitHub.id(of: request.headers) == nil)
  }

  @Test("other content types are refused as such", arguments: ["text/plain", "application/jsonx", "", "json"])
  func contentTypes(type: String) throws {
    #expect {
      try gitHub.meaning(of: gitHubRequest(try pushBody(), contentType: type))
    } throws: {
      if case .mediaType? = $0 as? Unreadable { true } else { false }
    }
  }

  @Test("an event that is missing, sent twice or no word is refused")
  func events() throws {
    let body = try pushBody()
    var headers: Headers = ["Content-Type": "application/json"]
    #expect(throws: Unreadable.body("The header X-GitHub-Event is missing, so it is not known what happened.")) {
      try gitHub.meaning(of: SignedRequest(headers: headers, body: body, now: 0))
    }
    headers.append("X-GitHub-Event", "ping")
    headers.append("X-GitHub-Event", "push")
    #expect(throws: Unreadable.body("The header X-GitHub-Event was sent 2 times.")) {
      try gitHub.meaning(of: SignedRequest(headers: headers, body: body, now: 0))
    }
    #expect(throws: Unreadable.self) { try gitHub.meaning(of: gitHubRequest(body, event: "pu sh")) }
  }
}
