import Foundation
import Model
import TestSupport
import Webhooks

func readFile(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// HMAC-SHA256 by openssl(1): an implementation that has nothing to do with ours. Lower-case hexadecimal digits.
func opensslHMAC(_ text: [UInt8], key: String) throws -> String {
  let hex = key.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  let output = try runChecked(
    ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hex)"], input: text)
  return String(output.suffix(64))
}

/// A push as GitHub writes it, with only the fields that count.
func pushBody(_ changes: [String: Any?] = [:]) throws -> [UInt8] {
  var payload: [String: Any] = [
    "ref": "refs/heads/main",
    "before": "1111111111111111111111111111111111111111",
    "after": "2222222222222222222222222222222222222222",
    "created": false, "deleted": false, "forced": false,
    "repository": [
      "full_name": "acme/shop",
      "clone_url": "https://github.com/acme/shop.git",
      "ssh_url": "git@github.com:acme/shop.git",
      "git_url": "git://github.com/acme/shop.git",
      "html_url": "https://github.com/acme/shop",
      "url": "https://github.com/acme/shop",
    ],
    "pusher": ["name": "ada", "email": "ada@example.org"],
    "head_commit": ["id": "2222222222222222222222222222222222222222", "message": "Sell more\n\nMuch more."],
  ]
  for (key, value) in changes { payload[key] = value ?? NSNull() }
  return Array(try JSONSerialization.data(withJSONObject: payload))
}

func gitHubRequest(
  _ body: [UInt8], event: String = "push", contentType: String = "application/json", id: String = "d-1"
) -> SignedRequest {
  SignedRequest(
    headers: ["X-GitHub-Event": event, "X-GitHub-Delivery": id, "Content-Type": contentType], body: body, now: 0)
}

/// `payload=…`, everything but letters and digits percent-encoded.
func formBody(_ json: [UInt8]) -> [UInt8] {
  Array("payload=".utf8)
    + json.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): [byte]
      case UInt8(ascii: " "): [UInt8(ascii: "+")]
      default: Array("%".utf8) + Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
      }
    }
}
