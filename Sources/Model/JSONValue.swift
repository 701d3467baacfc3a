/// Any JSON value: an event of a sender whose fields Pushrod does not know beforehand.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// Infinite where it was read and no `Double` holds it.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = JSONValue.double(in: container) {
      self = .number(value)
    } else if let value = try JSONValue.ifOfThatKind(try container.decode(String.self)) {
      self = .string(value)
    } else if let value = try JSONValue.ifOfThatKind(try container.decode([JSONValue].self)) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// `nil` where the value is no number. One that cannot be read (1e400) is infinite: it equals nothing that somebody
  /// would write, and the values around it count all the same.
  private static func double(in container: any SingleValueDecodingContainer) -> Double? {
    do {
      return try container.decode(Double.self)
    } catch DecodingError.typeMismatch {
      return nil
    } catch {
      return Double.infinity
    }
  }

  /// `nil` where the value is of another kind. What is of that kind and cannot be read is the caller's error, and no
  /// reason to try the next one.
  private static func ifOfThatKind<Value>(_ decoded: @autoclosure () throws -> Value) throws -> Value? {
    do {
      return try decoded()
    } catch DecodingError.typeMismatch {
      return nil
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
