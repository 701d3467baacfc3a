import Glibc

/// A file beside a workspace, from before a run changes anything in it until the run has come to its end.
///
/// Found at the next run's start, it means that the last one did not get there: its checkout broke off, or its runner
/// died with a step half done. Nothing of the workspace is used then. A workspace without it is brought to its commit
/// exactly by every checkout; what the mark adds is that files which only look right, since a process that could not be
/// ended is still writing them, are not believed. After a power cut no file is believed by its looks anyway (`BootID`).
struct UnfinishedMark {
  let workspace: String

  var path: String { workspace + ".unfinished" }

  /// Which run did not come to its end; 0 where the mark does not say. `nil` where there is no mark.
  var run: Int? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return SmallFile.read(path, limit: 32).flatMap { Int($0.prefix { $0 != "\n" }) } ?? 0
  }

  /// - Throws: `RunnerFailure`.
  func set(by run: Int) throws(RunnerFailure) {
    guard let file = Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW) else {
      throw .last("create \(path)")
    }
    let bytes = Array("\(run)\n".utf8)
    guard write(file.raw, bytes, bytes.count) == bytes.count else { throw .last("write \(path)") }
  }

  func remove() { unlink(path) }
}
