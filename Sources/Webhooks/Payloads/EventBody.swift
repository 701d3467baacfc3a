import Model

/// The fields of an event whose meaning Pushrod does not know: for rules that people write.
enum EventBody {
  /// More than any event that was ever seen; what is larger can still be a push.
  static let longest = 4 << 20
  /// Values of the JSON, and fields of a form. Reading takes some microseconds for each.
  static let most = 100_000

  /// - Parameter jsonField: the field of a form that holds the event's JSON, for senders that post forms so.
  static func fields(of request: SignedRequest, jsonField: String?) throws(Unreadable) -> JSONValue {
    guard request.body.count <= longest else { throw .body("The event is larger than \(longest >> 20) MiB.") }
    // Many senders say no content type, or a wrong one: what is not called a form is read as JSON.
    guard let type = try? ContentType.read(request.headers), type == .form else { return try json(request.body) }
    if let jsonField, let payload = try? FormBody.value(of: jsonField, in: request.body) { return try json(payload) }
    return try form(request.body)
  }

  private static func json(_ bytes: [UInt8]) throws(Unreadable) -> JSONValue {
    guard JSONNumbers.areWellFormed(in: bytes) else { throw .body("The payload is not JSON.") }
    return try Payload.decode(JSONValue.self, from: bytes, values: most)
  }

  /// Each field is a text; one that was sent more than once, a list of them.
  private static func form(_ body: [UInt8]) throws(Unreadable) -> JSONValue {
    guard body.count(where: { $0 == UInt8(ascii: "&") }) < most else {
      throw .body("The form has more than \(most) fields.")
    }
    var fields: [String: [JSONValue]] = [:]
    for field in try FormBody.fields(in: body) {
      let value = String(decoding: field.value, as: UTF8.self)
      fields[String(decoding: field.name, as: UTF8.self), default: []].append(.string(value))
    }
    return .object(fields.mapValues { $0.count == 1 ? $0[0] : .array($0) })
  }
}
