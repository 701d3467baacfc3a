import Model

/// How much of a step's output its log takes.
struct LogLimit {
  private let bytes: Int
  private let endsStep: Bool
  private var room: Int
  /// Bytes that came after the end of the log.
  private(set) var dropped = 0

  /// `nil` where the step may write as much as it likes.
  init?(_ limits: StepLimits) {
    guard let bytes = limits.log else { return nil }
    self.bytes = bytes
    endsStep = limits.logEnd == .fail
    room = bytes
  }

  /// What the log still takes of `output`, to the end of a character, and what is to be said behind it: once, where the log
  /// ends within.
  mutating func take(_ output: ArraySlice<UInt8>) -> (kept: ArraySlice<UInt8>, notice: String?) {
    let wasReached = isReached
    guard wasReached || output.count > room else {
      room -= output.count
      return (output, nil)
    }
    var kept = wasReached ? output.prefix(0) : output.prefix(room)
    // UTF-8 (RFC 3629): the bytes of a character after its first one begin with 10.
    while !wasReached, kept.endIndex < output.endIndex, output[kept.endIndex] & 0xc0 == 0x80, room - kept.count < 3,
      !kept.isEmpty
    { kept.removeLast() }
    dropped += output.count - kept.count
    return (kept, wasReached ? nil : "\npushrod: the log ends here: \(sentence)\n")
  }

  var isReached: Bool { dropped > 0 }

  /// The step is to be ended.
  var isFailure: Bool { isReached && endsStep }

  /// For the step's event.
  var sentence: String { "the step wrote more than `limits.log` of \(ByteSize.words(bytes))" }

  /// For the event of a step that went on.
  var note: String? {
    isReached && !endsStep ? "\(sentence); \(ByteSize.words(dropped)) were left out of its log" : nil
  }
}
