import Webhooks

/// Decodes large bodies, one at a time: 24 MB of JSON take 600 MB while they are decoded.
///
/// An actor with nothing that suspends is a queue of length one, in which everybody gets a turn.
actor LargeBodies {
  /// Bytes from which a body waits for its turn; what forges post on a usual day is far below.
  static let size = 1 << 20

  func meaning(of request: SignedRequest, sender: any Sender) throws -> Meaning {
    try sender.meaning(of: request)
  }
}
