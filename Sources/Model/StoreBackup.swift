/// A copy of the whole store that waits to be read; it is gone with its last reference.
public protocol StoreCopy: Sendable {
  /// In bytes.
  var size: Int { get }

  /// Up to `limit` bytes from `offset` on, empty at the end. Blocks while the disk is read.
  /// - Throws: `StoreFailure`.
  func read(at offset: Int, limit: Int) throws -> [UInt8]
}

/// A store that can be copied while it is used.
public protocol StoreBackup: Sendable {
  /// A copy in which everything is that was recorded before this was called, and maybe more, as of one moment.
  ///
  /// Made in small steps, between which deliveries are recorded.
  /// - Throws: `StoreFailure` where there is no room for it, another one is being made, or the disk failed.
  func copy() async throws -> any StoreCopy
}
