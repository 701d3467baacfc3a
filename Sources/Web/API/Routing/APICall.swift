import FoundationEssentials
import Model
import NIOCore

/// What a route is told besides the request: the parameters of its path, and who asks.
struct APICall: Sendable {
  let parameters: [Substring: Substring]
  /// `nil` where nobody is known, on a route that is open to anybody.
  let caller: Caller?
  /// The request's, where the route takes one.
  var body = ByteBuffer()

  /// The largest request is the name of a pipeline and of a ref.
  static let largestBody = 16 << 10

  /// Who asks, for what they have done in their name.
  var person: Person {
    get async throws {
      guard let caller else { throw APIFailure.unauthorized }
      return await caller.person
    }
  }

  /// The `:run` of the path.
  var runNumber: Int {
    get throws { try positive("run", of: "run") }
  }

  /// A positive number in the path; anything else names nothing that could exist.
  func positive(_ parameter: Substring, of thing: String) throws -> Int {
    guard let text = parameters[parameter], text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(text), number > 0
    else { throw APIFailure.notFound("A \(thing) has a number: 1, 2, 3, …") }
    return number
  }

  /// The body, which is an object with none but these names: one that is misspelt must not look as if it had been heard.
  /// - Parameter example: how it is written.
  /// - Throws: `APIFailure`.
  func object<Object: Decodable>(_ type: Object.Type, names: [String], example: String) throws -> Object {
    let bytes = Data(body.readableBytesView)
    guard let object = try? JSON.decoder().decode(type, from: bytes),
      let found = try? JSONDecoder().decode([String: Anything].self, from: bytes)
    else { throw APIFailure.invalid("The body must be a JSON object such as \(example)") }
    if let unknown = found.keys.filter({ !names.contains($0) }).min() {
      throw APIFailure.invalid(
        "The name `\(unknown.shown(limit: 60))` is unknown in the body; known are \(names.joined(separator: ", ")).")
    }
    return object
  }

  /// Any JSON value, which is not looked at.
  private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
  }
}
