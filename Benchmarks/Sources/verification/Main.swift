import Crypto
import Model
import Webhooks

/// Prints what one verification costs, a line each: group, name, nanoseconds, separated by tabs.
///
/// Groups: `library` is an HMAC-SHA256 of the crypto library over the same body, `sender` a genuine delivery of each
/// sender, `position` GitHub's with a signature whose first wrong digit stands there (64: none).
@main
struct Main {
  private static let secret = Secret("whsec_cHVzaHJvZCBiZW5jaG1hcmsgc2VjcmV0IDE=")
  private static let now = 1_800_000_000.0
  private static let body =
    Array(#"{"id":"evt_1","padding":""#.utf8) + [UInt8](repeating: 0x78, count: 4069) + Array("\"}".utf8)

  static func main() {
    var measurement = Measurement()
    addLibrary(to: &measurement)
    for sender in Senders.all {
      guard let request = signed(sender), sender.check(request, secrets: [secret]) == .valid else { continue }
      measurement.add("sender", sender.name) { sender.check(request, secrets: [secret]) == .valid }
    }
    let sender = GitHub()
    if let request = signed(sender) {
      for position in [0, 1, 8, 16, 32, 48, 62, 63, 64] {
        let changed = request.withWrongDigit(at: position)
        measurement.add("position", "\(position)") {
          (sender.check(changed, secrets: [secret]) == .valid) == (position == 64)
        }
      }
    }
    for result in measurement.run() { print("\(result.group)\t\(result.name)\t\(result.nanoseconds)") }
  }

  private static func addLibrary(to measurement: inout Measurement) {
    let key = SymmetricKey(data: secret.bytes)
    let code = Array(HMAC<SHA256>.authenticationCode(for: body, using: key))
    measurement.add("library", "HMAC-SHA256") {
      HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: key)
    }
  }

  /// `nil` for senders that nobody else can sign as.
  private static func signed(_ sender: some Sender) -> SignedRequest? {
    var request = SignedRequest(
      headers: [:], body: body, url: "https://deploy.example.org/webhook/bench", now: now)
    guard let headers = sender.headers(signing: request, event: "push", id: "d-1", secret: secret) else { return nil }
    request.headers = headers
    return request
  }
}

extension SignedRequest {
  /// With another digit at `position` of `sha256=…`; none is changed beyond the last.
  fileprivate func withWrongDigit(at position: Int) -> SignedRequest {
    var request = self
    request.headers = Headers(
      headers.fields.map { field in
        guard field.name == "x-hub-signature-256" else { return field }
        var digits = Array(field.value.utf8)
        let index = "sha256=".utf8.count + position
        if digits.indices.contains(index) { digits[index] = digits[index] == 0x30 ? 0x31 : 0x30 }
        return Headers.Field(name: field.name, value: String(decoding: digits, as: UTF8.self))
      })
    return request
  }
}
