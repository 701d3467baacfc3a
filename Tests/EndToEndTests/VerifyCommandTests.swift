import Foundation
import TestSupport
import Testing

/// `pushrod verify` as people and scripts call it.
@Suite("pushrod verify")
struct VerifyCommandTests {
  private let area: TemporaryDirectory
  private let digest: String

  init() throws {
    area = try TemporaryDirectory("verify")
    try area.write("secret", "It's a secret\n", mode: 0o600)
    try area.write("body", "{ \"a\": 1 }")
    // A second opinion: openssl, not our own code.
    digest =
      try runChecked(
        ["openssl", "dgst", "-sha256", "-hmac", "It's a secret", "-r", area.file("body")]
      ).split(separator: " ").first.map(String.init) ?? ""
  }

  private func verify(_ headers: String, secrets: [String] = ["secret"], _ more: String...) throws -> CommandResult {
    try area.write("headers", headers)
    let secretFiles = secrets.flatMap { ["--secret-file", area.file($0)] }
    return try run(
      [builtExecutable("pushrod"), "verify", "--sender", "github"] + secretFiles
        + ["--headers", area.file("headers"), "--body", area.file("body")] + more)
  }

  @Test("a signature that holds: exit 0 and valid true; one that does not: exit 1, valid false and the reason")
  func answers() throws {
    let good = try verify("{\"X-Hub-Signature-256\": \"sha256=\(digest)\"}", "--json")
    #expect(good.status == 0, "\(good.errorOutput)")
    #expect(good.output == #"{"sender":"github","valid":true}"#)
    try area.write("body", "{ \"a\": 2 }")
    let bad = try verify("{\"X-Hub-Signature-256\": \"sha256=\(digest)\"}", "--json")
    #expect(bad.status == 1)
    let answer = try JSONDecoder().decode(Answer.self, from: Data(bad.stdout))
    #expect(!answer.valid)
    #expect(answer.reason?.contains("does not fit") == true)
    #expect(try verify("{}").output == "not valid: the header X-Hub-Signature-256 is missing")
  }

  @Test("headers may be raw lines, with any line end and blanks around the values, or a list")
  func headerForms() throws {
    for headers in [
      "POST /webhook/github HTTP/1.1\r\nHost: x\r\nx-hub-signature-256:sha256=\(digest) \t\r\n\r\n",
      "X-Hub-Signature-256:   sha256=\(digest)",
      "  [{\"name\": \"X-Hub-Signature-256\", \"value\": \"sha256=\(digest)\"}]",
      "{\"x-hub-signature-256\": [\"sha256=\(digest)\"]}",
    ] {
      #expect(try verify(headers).output == "valid", "\(headers)")
    }
  }

  @Test("in JSON a blank belongs to the value, and two values are two headers")
  func exactValues() throws {
    #expect(try verify("{\"X-Hub-Signature-256\": \"sha256=\(digest) \"}").status == 1)
    let twice = try verify("{\"X-Hub-Signature-256\": [\"sha256=\(digest)\", \"sha256=\(digest)\"]}", "--json")
    #expect(twice.status == 1)
    #expect(try JSONDecoder().decode(Answer.self, from: Data(twice.stdout)).ambiguous == true)
  }

  @Test("one newline at the end of a secret file is not part of the secret; a second one is")
  func secretFiles() throws {
    let headers = "X-Hub-Signature-256: sha256=\(digest)"
    for (name, content) in [("none", ""), ("unix", "\n"), ("windows", "\r\n")] {
      try area.write(name, "It's a secret" + content)
      #expect(try verify(headers, secrets: [name]).status == 0, "\(name)")
    }
    try area.write("two", "It's a secret\n\n")
    try area.write("wrong", "other")
    try area.write("blank", "\n")
    #expect(try verify(headers, secrets: ["two"]).status == 1)
    #expect(try verify(headers, secrets: ["wrong", "secret"]).status == 0)
    #expect(
      try verify(headers, secrets: ["blank"]).output == "not valid: there is no secret to check the signature with")
  }

  @Test("without a secret nothing is valid, and the answer says so like any other")
  func noSecret() throws {
    let headers = "X-Hub-Signature-256: sha256=\(digest)"
    let text = try verify(headers, secrets: [])
    #expect(text.status == 1)
    #expect(text.output == "not valid: there is no secret to check the signature with")
    let json = try verify(headers, secrets: [], "--json")
    #expect(json.status == 1)
    #expect(
      json.output
        == #"{"reason":"there is no secret to check the signature with","sender":"github","valid":false}"#)
    #expect(json.stderr.isEmpty)
    // What is looked at before is told before.
    #expect(try verify("{}", secrets: []).output == "not valid: the header X-Hub-Signature-256 is missing")
  }

  @Test("what senders need besides the secret is said by options")
  func options() throws {
    try area.write("body", "a=1")
    try area.write("headers", "X-Sig: \(try digest(of: "a=1", "sha512"))")
    let common = ["--secret-file", area.file("secret"), "--headers", area.file("headers"), "--body", area.file("body")]
    let verify = { (sender: String, more: [String]) in
      try run([builtExecutable("pushrod"), "verify", "--sender", sender] + common + more).output
    }
    let generic = ["--signature-header", "X-Sig", "--algorithm", "sha512", "--encoding", "hex"]
    #expect(try verify("generic-hmac", generic) == "valid")
    #expect(try verify("generic-hmac", []).contains("the header X-Signature is missing"))

    let text = "https://a.example.org/webhook/phone" + "a1b2b3"
    let mac = try runChecked(
      ["sh", "-c", "printf %s '\(text)' | openssl dgst -sha1 -hmac \"It's a secret\" -binary | base64"])
    try area.write("headers", "X-Twilio-Signature: \(mac)\nContent-Type: application/x-www-form-urlencoded")
    let url = ["--url", "https://a.example.org/webhook/phone"]
    #expect(try verify("twilio", url + ["--param", "b=3", "--param", "a=1", "--param", "b=2"]) == "valid")
    #expect(try verify("twilio", url).hasPrefix("not valid: the signature does not fit"))
  }

  @Test("PayPal needs no secret file, but its certificate and the webhook's id")
  func payPal() throws {
    try area.write("headers", "{}")
    let result = try run(
      [
        builtExecutable("pushrod"), "verify", "--sender", "paypal", "--headers", area.file("headers"), "--body",
        area.file("body"), "--webhook-id", "W-1",
      ])
    #expect(result.status == 1)
    #expect(result.output == "not valid: the header PAYPAL-TRANSMISSION-ID is missing")
  }

  private func digest(of text: String, _ algorithm: String) throws -> String {
    try area.write("text", text)
    return try runChecked(["openssl", "dgst", "-\(algorithm)", "-hmac", "It's a secret", "-r", area.file("text")])
      .split(separator: " ").first.map(String.init) ?? ""
  }

  @Test("wrong use is exit 2 with a sentence, and nothing on standard output")
  func wrongUse() throws {
    let program = builtExecutable("pushrod")
    let files = ["--headers", area.file("secret"), "--body", area.file("body")]
    let cases: [(arguments: [String], says: String)] = [
      (["--sender", "githb", "--secret-file", area.file("secret")] + files, "did you mean `github`?"),
      (["--sender", "github", "--secret-file", area.file("nothing")] + files, area.file("nothing")),
      (["--sender", "github", "--secret-file", area.file("secret")] + files, "line 1 is not `Name: value`"),
      (["--sender", "github", "--secret-file", area.file("secret"), "--now", "soon"] + files, "--now"),
    ]
    for (arguments, says) in cases {
      let result = try run([program, "verify"] + arguments)
      #expect(result.status == 2, "\(arguments)")
      #expect(result.errorOutput.contains(says), "\(result.errorOutput)")
      #expect(result.stdout.isEmpty)
      #expect(!result.errorOutput.contains("It's a secret"))
    }
  }

  private struct Answer: Decodable {
    var valid: Bool
    var ambiguous: Bool?
    var reason: String?
  }
}
