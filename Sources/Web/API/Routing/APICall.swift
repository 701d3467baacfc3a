import Model

/// What a route is told besides the request: the parameters of its path, and who asks.
struct APICall: Sendable {
  let parameters: [Substring: Substring]
  /// `nil` where nobody is known, on a route that is open to anybody.
  let caller: Caller?

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
}
