import Model

/// Looks into a write-ahead log before SQLite does.
///
/// SQLite takes the log as far as its checksums hold and drops the rest without a word, because a power cut may leave a
/// torn commit at its end. But each commit is on the disk before the next one is begun, so behind the torn one there can be
/// no whole one: where there is, commits that were answered for are in what SQLite would drop.
///
/// The format: https://www.sqlite.org/fileformat2.html#walformat
enum LogInspection {
  private static let headerSize = 32

  /// Nobody may have the log open. Nothing is found in a log that is not there or empty.
  /// - Throws: `StoreFailure`.
  static func check(_ path: String, of store: String) throws(StoreFailure) {
    guard let log = try PlainFile(path), log.size >= headerSize else { return }
    let header = try log.read(at: 0, limit: headerSize)
    // The file was made longer, and then the power went.
    if header.allSatisfy({ $0 == 0 }) { return }
    guard let chain = LogChain(header: header) else { throw damaged(path, store) }
    var before = chain.headerSum
    var isBroken = false
    var lost = 0
    var place = headerSize
    while place + chain.frameSize <= log.size {
      let frame = try log.read(at: place, limit: chain.frameSize)
      place += chain.frameSize
      guard chain.isOfThisRound(frame) else {
        // Of the log's last round, before it was begun again from the front.
        if isBroken { continue } else { return }
      }
      let isWhole = chain.sum(of: frame, after: before) == chain.storedSum(of: frame)
      if !isWhole { isBroken = true }
      if isBroken, isWhole, chain.endsCommit(frame) { lost += 1 }
      before = chain.storedSum(of: frame)
    }
    if lost >= 2 { throw damaged(path, store) }
  }

  private static func damaged(_ path: String, _ store: String) -> StoreFailure {
    StoreFailure(
      "the log \(path) of the store is damaged: the newest of what was recorded can no longer be read from it. Put a "
        + "backup in the store's place (`pushrod restore FILE`), or go on without what is lost: move \(path) away, keep it, "
        + "and start the agent. Redelivering at the forge brings pushes back, and so does `on.poll`.")
  }
}
