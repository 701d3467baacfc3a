import Crypto
import FoundationEssentials

/// The key under which the store remembers that a source's id was accepted.
///
/// Half of a SHA-256: whoever chooses ids cannot find one that stands for another (2¹²⁸ attempts), and a million of
/// them take 28 MB.
struct AcceptedID: Sendable {
  let key: Data

  init(source: String, id: String) {
    var hash = SHA256()
    hash.update(data: Array(source.utf8))
    // No source's name holds a NUL, so no two pairs are the same bytes.
    hash.update(data: [0])
    hash.update(data: Array(id.utf8))
    key = Data(hash.finalize().prefix(16))
  }
}
