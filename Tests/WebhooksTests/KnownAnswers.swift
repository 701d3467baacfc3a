import Foundation
import Model
import TestSupport
import Testing
import Webhooks

/// One case of `../shared/vectors/<sender>.json`.
struct KnownAnswer: Decodable, CustomTestStringConvertible, Sendable {
  var name: String
  var secret: String?
  var headers: [String: HeaderValue]
  var body: String?
  var bodyBase64: String?
  var additionalSecrets: [String]?
  var url: String?
  var parameters: [String: String]?
  var now: Double?
  var tolerance: Double?
  var webhookID: String?
  /// The name of one of the file's certificates.
  var certificate: String?
  /// `nil` where the source published neither the secret nor its answer.
  var valid: Bool?
  var peersDisagree: Bool?
  var strictValid: Bool?
  var why: String

  enum CodingKeys: String, CodingKey {
    case name, secret, headers, body, url, now, certificate, valid, why
    case parameters = "params"
    case tolerance = "tolerance_s"
    case webhookID = "webhook_id"
    case peersDisagree = "peer_disagree"
    case bodyBase64 = "body_base64"
    case additionalSecrets = "additional_secrets"
    case strictValid = "strict_valid"
  }

  /// What Pushrod must answer.
  var expected: Bool { strictValid ?? valid ?? false }

  var request: SignedRequest {
    var fields = Headers()
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
      for text in value.values { fields.append(name, text) }
    }
    let bytes = bodyBase64.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? Array((body ?? "").utf8)
    return SignedRequest(
      headers: fields, body: bytes, url: url, now: now ?? 0, tolerance: tolerance,
      options: SenderOptions(webhookID: webhookID, verification: .offline, certificates: certificates))
  }

  var secrets: [Secret] { ([secret].compactMap(\.self) + (additionalSecrets ?? [])).map { Secret($0) } }

  /// In PEM, the signer's first; put in from the file's list.
  var certificates: [String] = []

  var testDescription: String { name }

  static func all(of sender: String) throws -> [KnownAnswer] {
    struct File: Decodable {
      var cases: [KnownAnswer]
      var certificates: [String: String]?
    }
    guard let folder = SharedMaterial.folder("vectors") else { return [] }
    let file = try JSONDecoder().decode(File.self, from: readFile("\(folder)/\(sender).json"))
    return file.cases.filter { $0.valid != nil }.map { answer in
      var answer = answer
      if let leaf = answer.certificate {
        answer.certificates = [leaf, "intermediate", "root"].compactMap { file.certificates?[$0] }
      }
      return answer
    }
  }
}

/// A header's value, or its values where the header was sent more than once.
enum HeaderValue: Decodable, Sendable {
  case one(String)
  case several([String])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(String.self) {
      self = .one(value)
    } else {
      self = .several(try container.decode([String].self))
    }
  }

  var values: [String] {
    switch self {
    case .one(let value): [value]
    case .several(let values): values
    }
  }
}
