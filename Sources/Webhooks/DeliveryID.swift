import Model

/// What is accepted as a sender's id of a delivery.
///
/// Ids become keys in the store and are shown in listings, so they are 1 to 128 printable ASCII characters
/// without blanks. One that is not is treated as absent; the agent then makes one up, and the delivery is
/// still accepted.
enum DeliveryID {
  static func read(_ headers: Headers, _ names: [String]) -> String? {
    for name in names {
      let values = headers[all: name]
      if values.isEmpty { continue }
      return values.count == 1 && isKept(values[0]) ? values[0] : nil
    }
    return nil
  }

  /// An id that stands in the body.
  static func read(_ text: String?) -> String? { text.flatMap { isKept($0) ? $0 : nil } }

  private static func isKept(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }
}
