import Model

/// Decides, before any YAML is composed, whether a text could be expensive to compose.
///
/// Yams compares the keys of each mapping by hashing them whole. A key that is an alias of aliases, or a long chain
/// of explicit keys (`? ? ? …`), makes a few hundred bytes cost hours. Both need marks in the text that can be
/// counted without knowing YAML; the count errs on the strict side, and what it lets through is refused exactly,
/// by its anchors and its complex keys, once it is composed.
enum ExpansionBudget {
  struct Excess {
    /// Byte offset of the mark that broke the budget.
    var offset: Int
    var message: String
  }

  /// An alias at most doubles the work, so two are harmless; a script may happen to hold something like one.
  private static let aliases = 2
  /// Explicit keys times bytes: the hashing they can cause.
  private static let keyWork = 4 << 20

  static func excess(in bytes: [UInt8]) -> Excess? {
    var anchors: Set<ArraySlice<UInt8>> = []
    var aliases = 0
    var explicitKeys = 0
    var previous = UInt8(ascii: "\n")
    for offset in bytes.indices {
      let byte = bytes[offset]
      switch byte {
      // `>&1` redirects; no anchor follows a `>`.
      case UInt8(ascii: "&") where previous != UInt8(ascii: ">"):
        let name = name(at: offset + 1, in: bytes)
        if !name.isEmpty { anchors.insert(name) }
      case UInt8(ascii: "*") where !anchors.isEmpty:
        let name = name(at: offset + 1, in: bytes)
        if anchors.contains(name) {
          aliases += 1
          if aliases > ExpansionBudget.aliases {
            let text = String(decoding: name, as: UTF8.self).shown(limit: 40)
            return Excess(offset: offset, message: "aliases such as `*\(text)` are not allowed; write the value again")
          }
        }
      case UInt8(ascii: "?") where mayStartToken(after: previous):
        explicitKeys += 1
        if explicitKeys * bytes.count > keyWork {
          return Excess(offset: offset, message: "too many explicit keys (`?`); write plain `key: value`")
        }
      default: break
      }
      previous = byte
    }
    return nil
  }

  /// The run of characters that may name an anchor (libyaml: letters, digits, `_`, `-`).
  private static func name(at start: Int, in bytes: [UInt8]) -> ArraySlice<UInt8> {
    bytes[start...].prefix { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  private static func mayStartToken(after previous: UInt8) -> Bool {
    previous <= 0x20 || "[]{},:-?\"'".utf8.contains(previous) || previous >= 0x80
  }
}
