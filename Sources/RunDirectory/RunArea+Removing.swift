import Glibc

/// Retention's side of the area: which run directories there are, how large they are, and their end.
///
/// A run directory is first set aside, under a name that no reader asks for, and then removed: nobody meets half of one.
/// Whatever steps put into the place of a folder, nothing outside the area is read, written or removed.
extension RunArea {
  /// What lies in the folder of run directories.
  public struct Contents: Sendable, Hashable {
    /// Numbers of the run directories.
    public var runs: Set<Int> = []
    /// Names of those that were set aside and are not gone yet.
    public var setAside: [String] = []
  }

  private static let prefix = ".removing-"

  /// - Returns: `nil` where the folder is not there, or is a link: then nothing may be concluded from it.
  public func contents() -> Contents? {
    guard let folder = OpenFolder(runs) else { return nil }
    var contents = Contents()
    for name in folder.names() {
      let text = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if text.hasPrefix(RunArea.prefix) {
        contents.setAside.append(text)
      } else if let number = RunArea.number(text) {
        contents.runs.insert(number)
      }
    }
    return contents
  }

  /// Whether this process may take entries out of the folder of run directories.
  public var canRemoveRuns: Bool {
    guard let folder = OpenFolder(runs) else { return false }
    return faccessat(folder.descriptor, ".", W_OK | X_OK, AT_EACCESS) == 0
  }

  /// The runs that `logs/<pipeline>/latest` links lead to.
  public func latestRuns() -> Set<Int> {
    guard let folder = OpenFolder(logs) else { return [] }
    var numbers: Set<Int> = []
    for name in folder.names() {
      guard let pipeline = OpenFolder(name, in: folder) else { continue }
      var target = [CChar](repeating: 0, count: 256)
      let count = readlinkat(pipeline.descriptor, "latest", &target, target.count)
      guard count > 0, count < target.count else { continue }
      let text = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let last = text.split(separator: "/").last
      if let number = last.flatMap({ RunArea.number(String($0)) }) { numbers.insert(number) }
    }
    return numbers
  }

  /// Bytes on disk of a run's directory; 0 where there is none.
  public func size(ofRun number: Int) -> Int {
    guard let folder = OpenFolder(runs) else { return 0 }
    var left = RunArea.mostEntries
    return RunArea.size("\(number)".utf8CString.map { $0 }, in: folder, &left, depth: 0)
  }

  /// Gives the run's directory another name.
  /// - Returns: the name; `nil` where there was no directory.
  /// - Throws: `RunDirectoryError`.
  public func setAside(run number: Int) throws(RunDirectoryError) -> String? {
    guard let folder = OpenFolder(runs) else { throw .last("open", runs) }
    // Where an older directory of the number is still being removed, another name does as well.
    for attempt in 0..<10 {
      let name = RunArea.prefix + "\(number)" + (attempt == 0 ? "" : ".\(attempt)")
      var status = stat()
      if fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { continue }
      if renameat(folder.descriptor, "\(number)", folder.descriptor, name) == 0 { return name }
      if errno == ENOENT { return nil }
      guard errno == EEXIST || errno == ENOTEMPTY else { throw .last("rename", directory(ofRun: number).path) }
    }
    throw .system(operation: "rename", path: directory(ofRun: number).path, code: EEXIST)
  }

  /// Brings the names of the run directories to disk.
  /// - Throws: `RunDirectoryError`.
  public func syncRuns() throws(RunDirectoryError) { try Folder.sync(runs) }

  /// Removes what was set aside.
  /// - Parameter isCancelled: asked again and again; what is left then is there for the next time.
  /// - Returns: whether nothing is left. What other users made may need their rights: a runner does the rest.
  public func removeSetAside(_ name: String, isCancelled: () -> Bool = { false }) -> Bool {
    guard name.hasPrefix(RunArea.prefix), !name.utf8.contains(UInt8(ascii: "/")), let folder = OpenFolder(runs) else {
      return false
    }
    return withoutActuallyEscaping(isCancelled) {
      FolderRemoval(isCancelled: $0).remove(Array(name.utf8CString), in: folder)
    }
  }

  /// A hostile step can make a million files; nobody has to count them all.
  private static let mostEntries = 100_000
  private static let mostDepth = 32

  private static func size(_ name: [CChar], in parent: borrowing OpenFolder, _ left: inout Int, depth: Int) -> Int {
    var status = stat()
    guard left > 0, fstatat(parent.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return 0 }
    left -= 1
    var size = Int(status.st_blocks) * 512
    if status.st_mode & S_IFMT == S_IFDIR, depth < mostDepth, let folder = OpenFolder(name, in: parent) {
      for name in folder.names(atMost: left) { size += self.size(name, in: folder, &left, depth: depth + 1) }
    }
    return size
  }

  /// As the agent writes it: digits, none of them a leading zero.
  private static func number(_ text: String) -> Int? {
    guard let number = Int(text), number > 0, "\(number)" == text else { return nil }
    return number
  }
}
