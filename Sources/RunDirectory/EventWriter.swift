import FoundationEssentials
import Glibc
public import Model

/// Appends to `events.jsonl`: one write for one line, so that a reader never sees half of two.
public final class EventWriter {
  private let file: OpenFile
  private let folder: String

  /// - Throws: `RunDirectoryError.taken` where a runner has written here before: a run is never run twice
  ///   in one directory.
  public init(_ directory: RunDirectory) throws(RunDirectoryError) {
    let permissions = try Permissions(inheritedFrom: directory.path)
    folder = directory.path
    do {
      file = try OpenFile(
        directory.eventsPath, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, mode: permissions.file)
    } catch .system(_, _, EEXIST) {
      throw .taken(path: directory.path)
    }
    _ = fchmod(file.descriptor, permissions.file)
  }

  /// - Parameter durable: return only when the line, and every line before it, is on the disk.
  public func append(_ event: RunEvent, durable: Bool) throws(RunDirectoryError) {
    var line: [UInt8]
    do {
      line = Array(try JSON.encoder().encode(event))
    } catch {
      throw .corrupt(path: file.path, detail: "an event cannot be written as JSON")
    }
    line.append(UInt8(ascii: "\n"))
    try file.write(line)
    if durable {
      try file.sync()
      // The names of the files that were made since the last time.
      try Folder.sync(folder)
    }
  }
}
