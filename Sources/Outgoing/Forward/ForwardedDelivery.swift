import Agent
import FoundationEssentials
import Model

/// A delivery as GitHub's forwarder hands it over: `{"Header": {"Name": ["value"]}, "Body": "base64 of the raw body"}`.
struct ForwardedDelivery: Equatable {
  var headers: Headers
  var body: [UInt8]

  init(_ message: [UInt8], bodyLimit: Int) throws(UnusableDelivery) {
    do {
      let members = try JSONMembers(message)
      guard let header = members.bytes(of: "Header") else { throw UnusableDelivery(reason: "it has no `Header`") }
      let fields = try JSONMembers(Array(header))
      var handed = HandedHeaders()
      for name in fields.names {
        let bytes = Data(fields.bytes(of: name) ?? [])
        for value in try JSONDecoder().decode([String].self, from: bytes) { try handed.append(name, value) }
      }
      guard let text = try members.string("Body"), let body = Data(base64Encoded: text) else {
        throw UnusableDelivery(reason: "its `Body` is not base64")
      }
      headers = handed.headers
      self.body = Array(body)
    } catch let error as UnusableDelivery {
      throw error
    } catch {
      throw UnusableDelivery(reason: "it is not the JSON object that GitHub's forwarder sends")
    }
    guard body.count <= bodyLimit else {
      throw UnusableDelivery(reason: "its body has \(body.count) bytes, and `limits.body` allows \(bodyLimit)")
    }
  }

  /// The message that tells GitHub what became of the delivery; its page of the webhook shows it.
  static func message(answering answer: HookAnswer) -> String {
    let retry = answer.retryAfter.map { #","Retry-After":["\#($0)"]"# } ?? ""
    let body = Data(answer.body.utf8).base64EncodedString()
    return #"{"Status":\#(answer.status),"Header":{"Content-Type":["application/json"]\#(retry)},"Body":"\#(body)"}"#
  }
}
