import FoundationEssentials
import Model

extension RunDirectory {
  func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], path: String
  ) throws(RunDirectoryError) -> Value {
    do {
      return try JSON.decoder().decode(type, from: Data(bytes))
    } catch {
      throw .corrupt(path: path, detail: "not a readable \(type)")
    }
  }
}
