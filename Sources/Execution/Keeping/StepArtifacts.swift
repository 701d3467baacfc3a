import CLinux
import Glibc
import Model
import RunDirectory

/// Files of the workspace that stay with the run, copied when a step is over, also when it failed.
///
/// Nothing of it fails the step: what is not kept is said in the log.
struct StepArtifacts {
  let patterns: [String]
  let workspace: String
  let directory: RunDirectory
  let say: (String) -> Void
  /// A secret stands in the text.
  let isSecret: (String) -> Bool
  let isStopped: () -> Bool

  private static let longest: Duration = .seconds(300)

  func keep() {
    do throws(KeepingFailure) {
      let found = try WorkspaceFiles(workspace).matching(patterns)
      for (count, one, many) in [
        (found.links, "symbolic link", "symbolic links"),
        (found.others, "pipe, socket or device", "pipes, sockets or devices"),
        (found.unnamed, "file whose name is not UTF-8", "files whose names are not UTF-8"),
        (found.closed, "folder that the runner cannot look into", "folders that the runner cannot look into"),
      ] where count > 0 {
        say("artifacts: left out \(count) \(count == 1 ? one : many)")
      }
      guard !found.files.isEmpty else {
        return say("artifacts: no file matches \(patterns.joined(separator: ", ").shown(limit: 200))")
      }
      let files = found.files.filter { !isSecret($0) }
      let telling = found.files.count - files.count
      if telling > 0 {
        say("artifacts: left out \(telling) file\(telling == 1 ? "" : "s") with a secret in the name")
      }
      if !files.isEmpty { try keep(files) }
    } catch {
      say("artifacts: not kept: \(error.words.shown(limit: 400))")
    }
  }

  private func keep(_ files: [String]) throws(KeepingFailure) {
    let run = try OpenTree.top(directory.path)
    let target = try OpenTree.folder([ArtifactFolder.name], below: run, making: 0o750)
    // Steps that end at the same time share the run's limits.
    guard flock(target.raw, LOCK_EX) == 0 else { throw .last("lock", ArtifactFolder.name) }
    let kept = directory.artifacts.list()
    var (count, bytes) = (kept.count, kept.reduce(0) { $0 + $1.size })
    let known = Dictionary(kept.map { ($0.path, $0.size) }) { first, _ in first }
    let end = Instant.now + Self.longest
    let workspace = try OpenTree.top(workspace)
    var (new, newBytes) = (0, 0)
    for (place, file) in files.enumerated() {
      let left = files.count - place
      let before = known[file]
      guard before != nil || count < ArtifactFolder.mostFiles else {
        say("artifacts: a run keeps \(ArtifactFolder.mostFiles) files at most; \(left) of this step are not kept")
        break
      }
      let room = ArtifactFolder.mostBytes - bytes + (before ?? 0)
      do throws(KeepingFailure) {
        let size = try copy(file, workspace, target, room: room, end)
        bytes += size - (before ?? 0)
        if before == nil { count += 1 }
        (new, newBytes) = (new + 1, newBytes + size)
      } catch {
        say("artifacts: \(file.shown(limit: 200)) is not kept: \(error.words.shown(limit: 300))")
        if Instant.now > end || isStopped() {
          say("artifacts: the time for it is over; \(left - 1) files are not kept")
          break
        }
      }
    }
    // The event that ends the step calls it over, and may be on the disk before them.
    if new > 0 { _ = pushrod_sync_file_system(target.raw) }
    say("artifacts: kept \(new) file\(new == 1 ? "" : "s"), \(ByteCount.words(newBytes))")
  }

  /// Beside its place first: a reader finds all of a file, or none.
  /// - Returns: its size.
  private func copy(
    _ file: String, _ workspace: Descriptor, _ target: Descriptor, room: Int, _ end: Instant
  ) throws(KeepingFailure) -> Int {
    let path = file.split(separator: "/").map(String.init)
    let name = path[path.count - 1]
    let source = try OpenTree.folder(path.dropLast(), below: workspace)
    let folder = try OpenTree.folder(path.dropLast(), below: target, making: 0o750)
    let temporary = ".new-\(getpid())"
    try OpenTree.remove(temporary, in: folder)
    var copy = TreeCopy(limit: room) { [isStopped] in Instant.now > end || isStopped() }
    do throws(KeepingFailure) {
      try copy.file(name, source, temporary, folder, mode: 0o640)
      guard renameat(folder.raw, temporary, folder.raw, name) == 0 else { throw KeepingFailure.last("keep", file) }
    } catch {
      try? OpenTree.remove(temporary, in: folder)
      // More than there is room for is said in the run's terms.
      throw copy.bytes <= room && error.words.hasPrefix("it is larger")
        ? KeepingFailure("a run keeps \(ByteCount.words(ArtifactFolder.mostBytes)) at most") : error
    }
    return copy.bytes
  }
}
