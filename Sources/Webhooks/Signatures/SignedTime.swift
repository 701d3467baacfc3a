/// The time in a signature, which keeps a captured delivery from being posted again later.
enum SignedTime {
  /// How far a sender's clock and ours may lie apart where nothing else is said, in seconds.
  static let tolerance = 300.0

  /// Refuses a time that is too far from `request.now`, before or after it.
  ///
  /// - Parameter text: seconds since 1970 in plain digits. A sign, a fraction or a blank is refused: it is another
  ///   text than the sender signs, whatever number it may be read as.
  static func check(_ text: String, _ request: SignedRequest) throws(Refusal) {
    let digits = text.utf8
    guard (1...15).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let seconds = Double(text)
    else { throw .invalid("the signed time is not a number of seconds since 1970") }
    let distance = request.now - seconds
    let limit = request.tolerance ?? tolerance
    guard abs(distance) <= limit else {
      let side = distance > 0 ? "old" : "ahead of this machine's clock"
      throw .invalid(
        "the signed time is \(whole(abs(distance))) s \(side), and only \(whole(limit)) s are allowed")
    }
  }

  /// For people; numbers that no `Int` holds become the largest that are worth telling apart.
  private static func whole(_ seconds: Double) -> Int { Int(min(seconds, 1e15).rounded()) }
}
