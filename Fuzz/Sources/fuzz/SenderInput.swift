import Model
import Pipelines
import Webhooks

/// The bytes of a fuzzer as a request.
enum SenderInput {
  /// As Standard Webhooks writes secrets; to the others it is a text.
  static let secret = Secret("whsec_cHVzaHJvZCBmdXp6ZXIgc2VjcmV0IG9uZQ==")
  static let other = Secret("whsec_cHVzaHJvZCBmdXp6ZXIgc2VjcmV0IHR3bw==")
  static let now = 1_800_000_000.0
  static let url = "https://deploy.example.org/webhook/fuzz"

  static let pipelines = [
    """
    name: pushed
    repo: https://git.example.org/acme/shop.git
    on: { push: { branches: ["**", "!old/**"], tags: ["v[0-9]*"], skip: "[skip]" } }
    steps: [make]
    """,
    """
    name: told
    repo: https://git.example.org/acme/shop.git
    on:
      webhook:
        - { source: fuzz, event: "*.succeeded", where: { data.object.currency: [eur, "u*"], data.object.amount: 1 } }
        - { source: fuzz, where: { type: null, actor.name: "?*", changes.0.ref.id: "refs/**" } }
        - { source: fuzz, where: { commits.message: Sell, check_id: [1, true], payload: null } }
    steps: [make]
    """,
  ].compactMap { try? PipelineFile.parse(Array($0.utf8), file: "fuzz.yml") }

  /// Header lines, an empty line, the body.
  static func request(_ bytes: [UInt8], for sender: any Sender) -> SignedRequest? {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 32, omittingEmptySubsequences: false)
    guard let end = lines.firstIndex(where: \.isEmpty) else { return nil }
    var headers = Headers()
    for line in lines[..<end] {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      headers.append(
        String(decoding: line[..<colon], as: UTF8.self),
        String(decoding: line[colon...].dropFirst().drop { $0 == 0x20 }, as: UTF8.self))
    }
    let body = lines[(end + 1)...].joined(separator: [UInt8(ascii: "\n")])
    var request = SignedRequest(headers: headers, body: Array(body), url: url, now: now)
    request.options.webhookID = "WH-1"
    return request
  }

  static func bytes(_ request: SignedRequest) -> [UInt8] {
    Array(request.headers.fields.map { "\($0.name): \($0.value)\n" }.joined().utf8) + [UInt8(ascii: "\n")]
      + request.body
  }
}
