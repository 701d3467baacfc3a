import Foundation
import Model
import TestSupport
import Testing
import Webhooks

@testable import AgentConfiguration

/// What only some senders must be told.
@Suite struct SenderOptionsTests {
  private let fixture: ConfigurationFixture

  init() throws {
    fixture = try ConfigurationFixture()
    try fixture.folder.write("token", "0123456789abcdef0123456789abcdef\n", mode: 0o600)
    try fixture.folder.write("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", mode: 0o600)
  }

  private func source(_ text: String, before: String = "") throws -> SourceConfiguration {
    try #require(try fixture.load("\(before)sources: {x: {\(text)}}\n").sources.first)
  }

  private func mistakes(_ text: String, before: String = "") -> [String] {
    fixture.mistakes("\(before)sources: {x: {\(text)}}\n").map { line in
      line.split(separator: " ", maxSplits: 1).last.map(String.init) ?? line
    }
  }

  private func certificate() throws {
    try runChecked([
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", fixture.folder.file("c.key"), "-out",
      fixture.folder.file("c.pem"), "-subj", "/CN=messages.paypal.com",
    ])
  }

  @Test("every key arrives at the senders that read it")
  func keys() throws {
    let generic = try source(
      "sender: generic-hmac, secrets: {file: token}, signature_header: X-Sum, id_header: X-Id, algorithm: sha512, "
        + "encoding: base64")
    #expect(
      generic.options
        == SenderOptions(signatureHeader: "X-Sum", idHeader: "X-Id", algorithm: .sha512, encoding: .base64))
    let stripe = try source("sender: stripe, secrets: {file: key}, tolerance: 10m")
    #expect(stripe.tolerance == 600)
    let payPal = try source(
      "sender: paypal, secrets: {file: token}, webhook_id: W-1, client_id: c, api: https://api-m.sandbox.paypal.com/")
    #expect(payPal.options.verification == .endpoint)
    #expect(payPal.options.api == "https://api-m.sandbox.paypal.com")
    #expect(payPal.options.webhookID == "W-1" && payPal.options.clientID == "c")
    #expect(payPal.warning == nil)
    try certificate()
    let offline = try source("sender: paypal, verify: offline, webhook_id: W-1, certificates: [c.pem]")
    #expect(offline.options.certificates.first?.hasPrefix("-----BEGIN CERTIFICATE-----") == true)
    #expect(offline.warning?.contains("CRC-32") == true)
    #expect(offline.secrets.isEmpty)
  }

  @Test("a key that a sender does not read is a mistake that names those which do")
  func unread() throws {
    for sender in Senders.all {
      for key in SenderOptions.Key.allCases where !sender.optionKeys.contains(key) {
        let found = mistakes("sender: \(sender.name), secrets: {file: key}, \(key.rawValue): x", before: "")
        #expect(found.contains { $0.hasPrefix("`\(key.rawValue)` is not read for the sender `\(sender.name)` | only") })
      }
    }
    #expect(
      mistakes("sender: github, secrets: {file: token}, webhook_id: W-1")
        == ["`webhook_id` is not read for the sender `github` | only `paypal` reads it; remove it"])
  }

  @Test(
    "what a sender cannot do without is asked for by its name",
    arguments: [
      ("sender: paypal, secrets: {file: token}", ["has no `webhook_id`", "has no `client_id`"]),
      ("sender: paypal, webhook_id: W, client_id: c", ["has no `secrets`"]),
      ("sender: paypal, verify: offline", ["has no `webhook_id`", "has no `certificates`"]),
      (
        "sender: paypal, verify: offline, webhook_id: W, certificates: [token]",
        ["`certificates` that are no chain"]
      ),
      (
        "sender: paypal, verify: offline, webhook_id: W, certificates: [none.pem], client_id: c, secrets: {file: token}",
        ["none.pem does not exist", "has `client_id`, which is not read", "has `secrets`, which is not read"]
      ),
      (
        "sender: paypal, secrets: {file: token}, webhook_id: W, client_id: c, certificates: [token]",
        ["has `certificates`, which is not read"]
      ),
      ("sender: twilio, secrets: {file: token}", ["needs `public_url`"]),
      ("sender: pingdom, secrets: {file: token}", ["has no `allow`"]),
      ("sender: pingdom, secrets: {file: token}, allow: []", ["has no `allow`"]),
      (
        "sender: pingdom, secrets: {file: github.secret}, allow: [192.0.2.0/24]",
        ["has only 12 bytes"]
      ),
      ("sender: svix, secrets: {file: github.secret}", ["is no key: `whsec_`"]),
      ("sender: generic-bearer, secrets: {file: token}, id_header: authorization", ["names the header of the token"]),
    ] as [(String, [String])])
  func required(text: String, expected: [String]) {
    let found = mistakes(text)
    for words in expected { #expect(found.contains { $0.contains(words) }, "\(words): \(found)") }
    #expect(!found.joined().contains("0123456789abcdef") && !found.joined().contains("s3cret"))
  }

  @Test("Twilio is content with a public address, Pingdom with a long token and addresses")
  func satisfied() throws {
    _ = try source("sender: twilio, secrets: {file: token}", before: "public_url: https://deploy.example.com\n")
    _ = try source("sender: pingdom, secrets: {file: token}, allow: [192.0.2.0/24]")
  }

  @Test("no token that an address would have to escape, and no secret with a NUL in it")
  func badSecrets() throws {
    try fixture.folder.write("odd", "0123456789/abcdef?0123456789", mode: 0o600)
    try fixture.folder.write("nul", "a secret\0", mode: 0o600)
    #expect(
      mistakes("sender: pingdom, secrets: {file: odd}, allow: [192.0.2.0/24]").first?
        .contains("becomes a part of the address") == true)
    #expect(mistakes("sender: github, secrets: {file: nul}").first?.contains("contains a NUL byte") == true)
  }

  @Test(
    "values that cannot be right are refused",
    arguments: [
      "algorithm: sha1", "encoding: base32", "signature_header: 'X Sum'", "signature_header: ''", "id_header: 'X:'",
      "signature_header: [a]",
    ])
  func values(text: String) {
    #expect(mistakes("sender: generic-hmac, secrets: {file: token}, \(text)").count == 1)
  }

  @Test(
    "PayPal's address is https, or on this machine",
    arguments: [
      ("https://api-m.paypal.com", true), ("https://gateway.example/paypal", true), ("http://127.0.0.1:8080", true),
      ("http://[::1]:8080", true), ("http://localhost", true), ("http://api-m.paypal.com", false),
      ("http://localhost.example", false), ("http://127.0.0.1@evil.example", false), ("https://", false),
      ("https://a?b", false), ("https://a#b", false), ("ftp://a", false), ("api-m.paypal.com", false), ("///", false),
    ])
  func addresses(address: String, isTaken: Bool) {
    let text = "sender: paypal, secrets: {file: token}, webhook_id: W, client_id: c, api: '\(address)'"
    #expect(((try? source(text)) != nil) == isTaken)
  }

  @Test("tolerances are lengths of time, up to a day", arguments: ["0", "-1", "25h", "soon"])
  func tolerances(text: String) {
    #expect(mistakes("sender: slack, secrets: {file: token}, tolerance: '\(text)'").count == 1)
  }
}
