import Model
import TestSupport
import Testing
import Webhooks

@Suite("GitHub's signature")
struct GitHubSignatureTests {
  let gitHub = GitHub()
  let header = "X-Hub-Signature-256"

  @Test("every known answer comes out as written", arguments: try KnownAnswer.all(of: "github"))
  func knownAnswers(answer: KnownAnswer) {
    let check = gitHub.check(answer.request, secrets: answer.secrets)
    #expect((check == .valid) == answer.expected, "\(answer.why): \(check)")
  }

  @Test("a signature that openssl made over the raw bytes holds, and over no others")
  func rawBytes() throws {
    let body: [UInt8] = Array("{ \"a\" : 1 }\r\n".utf8) + [0, 0xff]
    let signature = "sha256=" + (try opensslHMAC(body, key: "Süßes Geheimnis"))
    let secrets = [Secret("Süßes Geheimnis")]
    let request = SignedRequest(headers: [header: signature], body: body, now: 0)
    #expect(gitHub.check(request, secrets: secrets) == .valid)
    for index in body.indices {
      for bit in 0..<8 {
        var other = request
        other.body[index] ^= 1 << UInt8(bit)
        #expect(gitHub.check(other, secrets: secrets) != .valid)
      }
    }
  }

  @Test("of several secrets any one may have signed, whatever its place; blank ones never fit")
  func rotation() throws {
    let body = Array("{}".utf8)
    let request = SignedRequest(headers: [header: "sha256=" + (try opensslHMAC(body, key: "new"))], body: body, now: 0)
    #expect(gitHub.check(request, secrets: [Secret("new"), Secret("old")]) == .valid)
    #expect(gitHub.check(request, secrets: [Secret("old"), Secret("other"), Secret("new")]) == .valid)
    #expect(gitHub.check(request, secrets: [Secret("old")]) != .valid)
    #expect(gitHub.check(request, secrets: []) != .valid)
    for blank in ["", " ", "\n\t "] {
      let signature = blank.isEmpty ? nil : try opensslHMAC(body, key: blank)
      let forged = SignedRequest(
        headers: [header: "sha256=" + (signature ?? String(repeating: "0", count: 64))], body: body, now: 0)
      #expect(gitHub.check(forged, secrets: [Secret(blank)]) != .valid)
      #expect(gitHub.check(request, secrets: [Secret(blank), Secret("new")]) == .valid)
    }
  }

  @Test(
    "only `sha256=` and 64 lower-case digits is a signature",
    arguments: [
      "", "sha256=", "SHA256=%", "sha256=%\n", " sha256=%", "sha256= %", "%", "sha1=%", "sha256=%,sha256=%",
      "sha256=\u{301}%", "sha256=%\u{200b}",
    ])
  func form(template: String) throws {
    let body = Array("{}".utf8)
    let digest = try opensslHMAC(body, key: "s")
    let value = template.split(separator: "%", omittingEmptySubsequences: false).joined(separator: digest)
    let request = SignedRequest(headers: [header: value], body: body, now: 0)
    guard case .invalid = gitHub.check(request, secrets: [Secret("s")]) else {
      Issue.record("accepted: \(value)")
      return
    }
  }

  @Test("a header sent twice is ambiguous, also where both are right")
  func twice() throws {
    let signature = "sha256=" + (try opensslHMAC([], key: "s"))
    var request = SignedRequest(headers: [header: signature], body: [], now: 0)
    request.headers.append("x-hub-signature-256", signature)
    guard case .ambiguous = gitHub.check(request, secrets: [Secret("s")]) else {
      Issue.record("not ambiguous")
      return
    }
  }

  @Test("the headers of other senders and of SHA-1 are not read")
  func otherHeaders() throws {
    let digest = try opensslHMAC([], key: "s")
    let request = SignedRequest(
      headers: ["X-Gitea-Signature": digest, "X-Hub-Signature": "sha256=" + digest], body: [], now: 0)
    #expect(gitHub.check(request, secrets: [Secret("s")]) == .invalid(reason: "the header \(header) is missing"))
  }

  @Test("a form is signed as it was sent")
  func form() throws {
    let body = formBody(try pushBody())
    let good = SignedRequest(
      headers: [
        header: "sha256=" + (try opensslHMAC(body, key: "s")), "Content-Type": "application/x-www-form-urlencoded",
      ], body: body, now: 0)
    #expect(gitHub.check(good, secrets: [Secret("s")]) == .valid)
  }
}
