import Glibc
import Model

/// A copy of the store without a name: its room is given back with the last reference, or when the process ends.
final class UnlinkedCopy: StoreCopy {
  private let file: PlainFile

  /// Where the copy of a store is made.
  static func path(of store: String) -> String { store + ".copy" }

  /// What an agent that was killed in the middle of it left behind.
  static func removeRemains(of store: String) {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path(of: store) + suffix) }
  }

  /// Takes the finished copy, and its name away.
  /// - Throws: `StoreFailure`.
  init(of store: String) throws(StoreFailure) {
    let path = UnlinkedCopy.path(of: store)
    guard let file = try PlainFile(path) else { throw StoreFailure("the copy \(path) is gone.") }
    self.file = file
    unlink(path)
  }

  var size: Int { file.size }

  func read(at offset: Int, limit: Int) throws -> [UInt8] { try file.read(at: offset, limit: limit) }
}
