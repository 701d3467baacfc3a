import Agent
import FoundationEssentials
import Model
import NIOCore

/// The question to PayPal, all but the event.
struct PayPalQuestion: Encodable {
  var authAlgorithm: String
  var certificateURL: String
  var transmissionID: String
  var transmissionSignature: String
  var transmissionTime: String
  var webhookID: String

  enum CodingKeys: String, CodingKey {
    case authAlgorithm = "auth_algo"
    case certificateURL = "cert_url"
    case transmissionID = "transmission_id"
    case transmissionSignature = "transmission_sig"
    case transmissionTime = "transmission_time"
    case webhookID = "webhook_id"
  }

  /// - Throws: where a header is not there exactly once, which the sender's own check has refused before.
  init(_ question: RemoteQuestion) throws {
    func header(_ name: String) throws -> String {
      guard let value = question.headers[name] else { throw PayPalFailure("the header \(name) is not there once") }
      return value
    }
    authAlgorithm = try header("PAYPAL-AUTH-ALGO")
    certificateURL = try header("PAYPAL-CERT-URL")
    transmissionID = try header("PAYPAL-TRANSMISSION-ID")
    transmissionSignature = try header("PAYPAL-TRANSMISSION-SIG")
    transmissionTime = try header("PAYPAL-TRANSMISSION-TIME")
    webhookID = question.webhookID
  }

  /// With the event as it came.
  ///
  /// - Parameter event: exactly one JSON object, which the sender's own check has made sure of: with anything behind
  ///   it, it could say again, and otherwise, what is said here.
  func json(event: [UInt8]) throws -> ByteBuffer {
    var fields = try JSONEncoder().encode(self)
    fields.removeLast()
    var json = ByteBuffer()
    json.reserveCapacity(fields.count + event.count + 32)
    json.writeBytes(fields)
    json.writeString(",\"webhook_event\":")
    json.writeBytes(event)
    json.writeString("}")
    return json
  }
}

/// Why PayPal could not be asked. Holds no secret.
struct PayPalFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
