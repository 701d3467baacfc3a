import GRDB
import Glibc
public import Model
import Synchronization

extension SQLiteStore: StoreBackup {
  /// One megabyte, which takes about as long as one commit: a delivery that comes meanwhile waits for one step at most.
  private static let pagesPerStep: Int32 = 256
  /// What deliveries and logs need while the copy lies there, in bytes.
  private static let reserve = 64 << 20

  public func copy() async throws -> any StoreCopy {
    guard copying.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      throw StoreFailure("another copy of the store is being made; try again when it is done.")
    }
    defer { copying.store(false, ordering: .releasing) }
    try await checkRoom()
    UnlinkedCopy.removeRemains(of: path)
    do {
      try await makeCopy(at: UnlinkedCopy.path(of: path))
      return try UnlinkedCopy(of: path)
    } catch {
      UnlinkedCopy.removeRemains(of: path)
      throw error
    }
  }

  private func makeCopy(at target: String) async throws {
    try PrivateFile.make(target)
    let copy = try await onConnection { try CopyInProgress(of: $0, to: target) }
    do {
      while try await onConnection({ _ in try copy.step(pages: SQLiteStore.pagesPerStep) }) == false {
        try Task.checkCancellation()
      }
    } catch {
      try? await end(copy)
      throw error
    }
    try await end(copy)
  }

  /// On the connection's queue like every step, and also where the task was cancelled meanwhile.
  private func end(_ copy: CopyInProgress) async throws {
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      connection.async { _ in done.resume(with: Result { try copy.finish() }) }
    }
  }

  private func checkRoom() async throws {
    let size = try await onConnection { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      return pages * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
    }
    var system = statvfs()
    guard statvfs(path, &system) == 0 else { return }
    let free = Int(system.f_bavail) * Int(system.f_frsize)
    guard free >= size + SQLiteStore.reserve else {
      throw StoreFailure(
        "the store has \(size >> 20) MB and is copied beside itself first, for which \(free >> 20) MB are too few "
          + "(\((size + SQLiteStore.reserve) >> 20) MB are needed); make room on the disk of \(path).")
    }
  }
}
