/// The header fields of one request, in order, with names in lower case (RFC 9110, section 5).
public struct Headers: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  public struct Field: Codable, Hashable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name.lowercased()
      self.value = value
    }
  }

  public private(set) var fields: [Field]

  public init(_ fields: [Field] = []) { self.fields = fields }

  public init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// Every value of the field `name`, in order.
  public subscript(all name: String) -> [String] {
    let name = name.lowercased()
    return fields.filter { $0.name == name }.map(\.value)
  }

  /// The one value of the field `name`; `nil` where it is absent *or sent more than once*: a field that is
  /// read at most once cannot be used to say two things.
  public subscript(name: String) -> String? {
    let values = self[all: name]
    return values.count == 1 ? values[0] : nil
  }

  /// Whether a byte may stand in a token, as a header's name is one (RFC 9110, section 5.6.2).
  public static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  public mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }
}

extension Headers: Codable {
  public init(from decoder: any Decoder) throws {
    // Through the initialiser, which folds names.
    fields = try decoder.singleValueContainer().decode([Field].self).map { Field(name: $0.name, value: $0.value) }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(fields)
  }
}
