/// Cuts what a server says on the side ("Counting objects: …") into lines fit for a log.
///
/// A carriage return redraws a line on a terminal: of such a series only the last one is passed on. A server that does
/// not stop talking fills no log: after `limit` lines the rest is left out.
struct SidebandLines {
  private var pending: [UInt8] = []
  private var lines = 0

  /// Lines of one conversation.
  static let limit = 200

  mutating func append(_ bytes: UnsafeRawBufferPointer, _ deliver: (String) -> Void) {
    guard lines <= Self.limit else { return }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n"):
        let text = Escaped(pending, limit: 1000).description
        pending.removeAll(keepingCapacity: true)
        guard !text.allSatisfy({ $0 == " " }) else { continue }
        lines += 1
        guard lines <= Self.limit else { return deliver("(what else the server says is left out)") }
        deliver(text)
      case UInt8(ascii: "\r"): pending.removeAll(keepingCapacity: true)
      default:
        // A line without end is cut; the rest of it is dropped.
        if pending.count < 1000 { pending.append(byte) }
      }
    }
  }
}
