import FoundationEssentials
import Glibc
public import Model

extension RunDirectory {
  /// Makes the folder with everything that a runner needs to start.
  ///
  /// `spec.json` comes last, brought to disk and then renamed, so that it is whole or not there. The payload and the
  /// message beside it are not waited for: the store has them, and doing all of this again with the same spec, as a
  /// restarted agent does for a run that has not begun, writes them anew.
  /// - Parameter eventBody: the raw payload, where a delivery started the run.
  /// - Throws: `RunDirectoryError.taken` where the folder holds another spec.
  public static func create(
    at path: String, spec: RunSpec, eventBody: [UInt8]?
  ) throws(RunDirectoryError) -> RunDirectory {
    let directory = RunDirectory(path: path)
    if let file = try OpenFile.existing(directory.specPath) {
      let found = try directory.decode(
        RunSpec.self, from: try file.readAll(limit: specLimit), path: directory.specPath)
      guard found == spec else { throw .taken(path: path) }
      if try OpenFile.existing(directory.eventsPath) != nil { return directory }
    }

    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    try Folder.make(parent)
    let permissions = try Permissions(inheritedFrom: parent)
    try permissions.makeDirectory(path)

    if let eventBody { try directory.put(eventBody, at: directory.eventFilePath, permissions, durable: false) }
    if let message = spec.request.message {
      try directory.put(Array(message.utf8), at: directory.messagePath, permissions, durable: false)
    }
    let bytes: [UInt8]
    do {
      bytes = Array(try JSON.encoder(pretty: true).encode(spec))
    } catch {
      throw .corrupt(path: directory.specPath, detail: "the spec cannot be written as JSON")
    }
    try directory.put(bytes, at: directory.specPath, permissions, durable: true)
    return directory
  }

  /// Writes a whole file under another name, and gives it its name once it is on disk, where that is asked for.
  private func put(
    _ bytes: [UInt8], at path: String, _ permissions: Permissions, durable: Bool
  ) throws(RunDirectoryError) {
    let temporary = path + ".new"
    let file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: permissions.file)
    guard fchmod(file.descriptor, permissions.file) == 0 else {
      throw .last("set the permissions of", temporary)
    }
    try file.write(bytes)
    if durable { try file.sync() }
    guard rename(temporary, path) == 0 else { throw .last("rename", temporary) }
  }
}
