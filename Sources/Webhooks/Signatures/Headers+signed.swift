import Model

/// Reading what a signature stands in: each header at most once, so that it cannot say two things.
extension Headers {
  /// The value of the header `names`: several names are spellings of one header and must agree.
  func signed(_ names: String...) throws(Refusal) -> String {
    guard let value = try signedIfSent(names) else { throw .invalid("the header \(names[0]) is missing") }
    return value
  }

  /// The same for a header that need not be there.
  func signedIfSent(_ names: [String]) throws(Refusal) -> String? {
    var found: (name: String, value: String)?
    for name in names {
      let values = self[all: name]
      guard let value = values.first else { continue }
      guard values.count == 1 else { throw .ambiguous("the header \(name) was sent \(values.count) times") }
      if let found, !found.value.utf8.elementsEqual(value.utf8) {
        throw .ambiguous("the headers \(found.name) and \(name) do not agree")
      }
      found = found ?? (name, value)
    }
    return found?.value
  }
}
