import FoundationEssentials
import Model

/// A delivery as a relay tells it: one JSON object with every header as a string under its name in lower case, and the
/// body under `bodyB` in base64 (gosmee), or parsed and written anew under `body` (smee.io).
struct RelayedDelivery: Equatable {
  var headers: Headers
  var body: [UInt8]
  /// The parameters after the relay's address, encoded again.
  var query: String?
  /// `body` is the relay's JSON, not the sender's bytes.
  var isRewritten: Bool

  /// Members that are not headers.
  private static let ownMembers: Set<String> = ["body", "bodyB", "query", "timestamp"]

  /// - Parameters:
  ///   - data: of one event.
  ///   - bodyLimit: bytes.
  /// - Returns: `nil` for what relays say about themselves (`ready`, `{"message":"connected"}`).
  init?(_ data: [UInt8], bodyLimit: Int) throws(UnusableDelivery) {
    if data == Array("ready".utf8) { return nil }
    do {
      let members = try JSONMembers(data)
      if members.names.isEmpty || members.names == ["message"] { return nil }
      var handed = HandedHeaders()
      for name in members.names where !RelayedDelivery.ownMembers.contains(name) && name == name.lowercased() {
        if let value = try members.string(name) { try handed.append(name, value) }
      }
      headers = handed.headers
      (body, isRewritten) = try RelayedDelivery.body(members)
      query = try RelayedDelivery.query(members)
    } catch let error as UnusableDelivery {
      throw error
    } catch {
      throw UnusableDelivery(reason: "it is not the JSON object that smee.io and gosmee send")
    }
    guard body.count <= bodyLimit else {
      throw UnusableDelivery(reason: "its body has \(body.count) bytes, and `limits.body` allows \(bodyLimit)")
    }
  }

  private static func body(_ members: JSONMembers) throws -> (bytes: [UInt8], isRewritten: Bool) {
    if let text = try members.string("bodyB") {
      guard let bytes = Data(base64Encoded: text) else { throw UnusableDelivery(reason: "its `bodyB` is not base64") }
      return (Array(bytes), false)
    }
    // The slice of text itself: for a sender that writes compact JSON it may well be what was signed.
    guard let slice = members.bytes(of: "body") else {
      throw UnusableDelivery(reason: "it has neither `body` nor `bodyB`")
    }
    return (Array(slice), true)
  }

  /// smee.io parses what stood after the `?` into an object of texts and lists of texts.
  private static func query(_ members: JSONMembers) throws -> String? {
    guard let bytes = members.bytes(of: "query") else { return nil }
    if members.isString("query") {
      return try members.string("query").flatMap { $0.isEmpty ? nil : escaped($0, keeping: "&=%+") }
    }
    guard bytes.first == UInt8(ascii: "{") else { return nil }
    let parameters = try JSONMembers(Array(bytes))
    var pairs: [String] = []
    for name in parameters.names {
      let values: [String]
      if let value = try parameters.string(name) {
        values = [value]
      } else {
        values = (try? JSONDecoder().decode([String].self, from: Data(parameters.bytes(of: name) ?? []))) ?? []
      }
      pairs += values.map { "\(escaped(name))=\(escaped($0))" }
    }
    return pairs.isEmpty ? nil : pairs.joined(separator: "&")
  }

  /// Everything but unreserved characters as `%XX` (RFC 3986, section 2).
  private static func escaped(_ text: String, keeping others: String = "") -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case let byte where others.utf8.contains(byte): result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
    return result
  }
}
