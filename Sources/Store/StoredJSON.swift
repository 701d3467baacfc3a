import FoundationEssentials
import Model

/// Structured columns, in the project's JSON dialect.
enum StoredJSON {
  static func text(_ value: some Encodable) throws -> String {
    String(decoding: try JSON.encoder().encode(value), as: UTF8.self)
  }

  static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSON.decoder().decode(type, from: Data(text.utf8))
  }
}
