import Foundation
import TestSupport
import Testing

/// Every known answer of `../shared/vectors`, through the command line as anybody would ask.
@Suite("pushrod verify, on known answers")
struct KnownAnswersTests {
  /// Each sender with the file of its answers.
  static let senders: [(sender: String, file: String)] = [
    ("github", "github"), ("gitlab", "gitlab"), ("gitea", "gitea"), ("forgejo", "gitea"), ("gogs", "gitea"),
    ("bitbucket", "bitbucket"), ("bitbucket-server", "bitbucket"), ("stripe", "stripe"), ("paypal", "paypal"),
    ("slack", "slack"), ("shopify", "shopify"), ("woocommerce", "woocommerce"), ("twilio", "twilio"),
    ("pingdom", "pingdom"), ("standard-webhooks", "standard-webhooks"), ("svix", "svix"),
  ]

  @Test("every case is answered as it says", arguments: senders)
  func verify(row: (sender: String, file: String)) throws {
    guard let folder = SharedMaterial.folder("vectors") else { return }
    let area = try TemporaryDirectory("vectors")
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(row.file).json"))
    let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let certificates = file["certificates"] as? [String: String] ?? [:]
    for (name, text) in certificates { try area.write("\(name).pem", text) }
    let cases = try #require(file["cases"] as? [[String: Any]])
    var asked = 0
    for answer in cases {
      // Where the source published neither the secret nor its answer, there is nothing to expect.
      guard let expected = (answer["strict_valid"] ?? answer["valid"]) as? Bool else { continue }
      let result = try run(
        [builtExecutable("pushrod"), "verify", "--json", "--sender", row.sender] + arguments(answer, area))
      #expect(
        result.status == (expected ? 0 : 1),
        "\(row.sender), \(answer["name"] ?? "?"), \(answer["why"] ?? ""): \(result.output)\(result.errorOutput)")
      #expect(result.output.contains("\"valid\":\(expected)"))
      asked += 1
    }
    #expect(asked > 0)
  }

  private func arguments(_ answer: [String: Any], _ area: TemporaryDirectory) throws -> [String] {
    let headers = try JSONSerialization.data(withJSONObject: answer["headers"] ?? [:])
    try area.write("headers", String(decoding: headers, as: UTF8.self))
    let encoded = (answer["body_base64"] as? String).flatMap { Data(base64Encoded: $0) }
    let body = encoded ?? Data((answer["body"] as? String ?? "").utf8)
    try body.write(to: URL(fileURLWithPath: area.file("body")))
    var arguments = ["--headers", area.file("headers"), "--body", area.file("body")]
    let secrets = [answer["secret"] as? String].compactMap(\.self) + (answer["additional_secrets"] as? [String] ?? [])
    for (index, secret) in secrets.enumerated() {
      // Its one newline is not part of it, those before are.
      try area.write("secret\(index)", secret + "\n", mode: 0o600)
      arguments += ["--secret-file", area.file("secret\(index)")]
    }
    if let url = answer["url"] as? String { arguments += ["--url", url] }
    if let now = answer["now"] as? Double { arguments += ["--now", "\(now)"] }
    if let tolerance = answer["tolerance_s"] as? Double { arguments += ["--tolerance", "\(tolerance)"] }
    if let id = answer["webhook_id"] as? String { arguments += ["--webhook-id", id] }
    for (name, value) in answer["params"] as? [String: String] ?? [:] { arguments += ["--param", "\(name)=\(value)"] }
    if let leaf = answer["certificate"] as? String {
      for name in [leaf, "intermediate", "root"] where FileManager.default.fileExists(atPath: area.file("\(name).pem"))
      {
        arguments += ["--certificate", area.file("\(name).pem")]
      }
    }
    return arguments
  }
}
