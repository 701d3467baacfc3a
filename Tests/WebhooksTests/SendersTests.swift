import Model
import Testing
import Webhooks

@Suite("The table of senders")
struct SendersTests {
  @Test("names are unique, lower case, and find their sender")
  func names() {
    let names = Senders.all.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names {
      #expect(name == name.lowercased())
      #expect(Senders.named(name)?.name == name)
    }
    #expect(Senders.named("GitHub") == nil)
  }

  @Test("no sender accepts an unsigned request, nor any without a secret")
  func unsigned() {
    for sender in Senders.all {
      for body in [[], Array("{}".utf8)] {
        let request = SignedRequest(headers: ["Content-Type": "application/json"], body: body, now: 0)
        for secrets in [[], [Secret("")], [Secret("s")]] {
          #expect(sender.check(request, secrets: secrets) != .valid, "\(sender.name)")
        }
      }
    }
  }

  @Test("a source is usable with one secret that is not blank")
  func usable() {
    #expect(!Source(name: "a", sender: GitHub(), secrets: []).isUsable)
    #expect(!Source(name: "a", sender: GitHub(), secrets: [Secret(" \n")]).isUsable)
    #expect(Source(name: "a", sender: GitHub(), secrets: [Secret(""), Secret("x")]).isUsable)
  }
}
