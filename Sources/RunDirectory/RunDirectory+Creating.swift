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
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let parent = String(path[..<slash])
    try Folder.make(parent)
    guard let runs = OpenFolder(parent) else { throw .last("open", parent) }
    let permissions = try Permissions(inheritedFrom: parent)
    let folder = try permissions.makeDirectory(String(path[slash...].dropFirst()), in: runs, path: path)
    do {
      // Through the folder that was opened: a step of another run may put a link into its place at any time.
      try RunDirectory(path: "/proc/self/fd/\(folder.descriptor)").fill(spec, eventBody, permissions)
    } catch {
      throw error.at(path, insteadOf: "/proc/self/fd/\(folder.descriptor)")
    }
    return RunDirectory(path: path)
  }

  private func fill(_ spec: RunSpec, _ eventBody: [UInt8]?, _ permissions: Permissions) throws(RunDirectoryError) {
    if let file = try OpenFile.existing(specPath) {
      let found = try decode(RunSpec.self, from: try file.readAll(limit: RunDirectory.specLimit), path: specPath)
      guard found == spec else { throw .taken(path: path) }
      if try OpenFile.existing(eventsPath) != nil { return }
    }
    if let eventBody { try put(eventBody, at: eventFilePath, permissions, durable: false) }
    if let message = spec.request.message {
      try put(Array(message.utf8), at: messagePath, permissions, durable: false)
    }
    let bytes: [UInt8]
    do {
      bytes = Array(try JSON.encoder(pretty: true).encode(spec))
    } catch {
      throw .corrupt(path: specPath, detail: "the spec cannot be written as JSON")
    }
    try put(bytes, at: specPath, permissions, durable: true)
  }

  /// Writes a whole file under another name, and gives it its name once it is on disk, where that is asked for.
  func put(
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
