import Model

/// A sender's word for what happened, from a header.
enum EventName {
  /// The event named by the first of `names` that was sent.
  /// - Throws: `.body` where none was, or one was sent more than once or holds anything but a word.
  static func read(_ headers: Headers, _ names: [String]) throws(Unreadable) -> String {
    for name in names {
      let values = headers[all: name]
      if values.isEmpty { continue }
      guard values.count == 1 else { throw .body("The header \(name) was sent \(values.count) times.") }
      guard isWord(values[0]) else { throw .body("The header \(name) does not hold the name of an event.") }
      return values[0]
    }
    throw .body("The header \(names[0]) is missing, so it is not known what happened.")
  }

  private static func isWord(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: ":"), UInt8(ascii: "/"):
          true
        default: false
        }
      }
  }
}
