import CGit2
import Glibc

/// A bare repository with what was fetched from one address so far. It only ever grows.
///
/// A value of this type is a path; every operation opens the repository and closes it again.
public struct Mirror: Sendable {
  /// Absolute.
  public let path: String

  public init(path: String) { self.path = path }

  /// Opens the mirror, or makes it where there is none or a broken one. The caller holds the lock.
  ///
  /// It is made beside its place and renamed, so that half a mirror is never found at `path`.
  func openOrCreate(operation: String, message: (String) -> Void) throws(GitFailure) -> Repository {
    GitLibrary.initialize()
    var status = stat()
    if lstat(path, &status) == 0 {
      do {
        return try Repository(openBare: path)
      } catch {
        guard status.st_uid == geteuid() else {
          throw GitFailure(
            .internal, operation: operation,
            "The mirror \(path) belongs to another user. Give it to the user of the runner, or remove it.",
            detail: error.message)
        }
        message("the mirror \(path) is broken (\(Escaped(error.message))): it is made anew")
        try remove(path, operation)
      }
    }
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    var template = Array("\(path).new-XXXXXX".utf8CString)
    guard Directories.make(parent), mkdtemp(&template) != nil else {
      throw GitFailure(.internal, operation: operation, "The mirror \(path) cannot be made: \(SystemError.current).")
    }
    let fresh = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
      _ = try Repository(createBareAt: fresh)
    } catch {
      try remove(fresh, operation)
      throw error.failure(operation: operation, "The mirror \(path) cannot be made")
    }
    chmod(fresh, 0o755)
    do throws(SystemError) {
      // libgit2 brings what it fetches to the disk, but not what makes a folder a repository.
      for name in ["config", "HEAD", "."] { try Directories.sync("\(fresh)/\(name)") }
      guard rename(fresh, path) == 0 else { throw .current }
      try Directories.sync(parent)
    } catch {
      throw GitFailure(.internal, operation: operation, "The mirror \(path) cannot be put in place: \(error).")
    }
    do {
      return try Repository(openBare: path)
    } catch {
      throw error.failure(operation: operation, "The new mirror \(path) cannot be opened")
    }
  }

  private func remove(_ path: String, _ operation: String) throws(GitFailure) {
    do {
      try Directories.remove(path)
    } catch {
      throw GitFailure(.internal, operation: operation, "\(path) cannot be removed: \(error).")
    }
  }
}
