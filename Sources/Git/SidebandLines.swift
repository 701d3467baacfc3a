/// Cuts what a server says on the side ("Counting objects: …") into lines fit for a log.
///
/// A carriage return redraws a line on a terminal: of such a series only the last one is passed on.
struct SidebandLines {
  private var pending: [UInt8] = []

  mutating func append(_ bytes: UnsafeRawBufferPointer, _ deliver: (String) -> Void) {
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n"):
        let text = Escaped(pending, limit: 1000).description
        pending.removeAll(keepingCapacity: true)
        if !text.allSatisfy({ $0 == " " }) { deliver(text) }
      case UInt8(ascii: "\r"): pending.removeAll(keepingCapacity: true)
      default:
        // A line without end is cut; the rest of it is dropped.
        if pending.count < 1000 { pending.append(byte) }
      }
    }
  }
}
