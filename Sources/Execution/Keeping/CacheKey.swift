import Glibc
import Model

/// What a cache is found by: SHA-256 over the repository, the paths, and names and contents of the key files.
struct CacheKey {
  /// 64 hexadecimal digits.
  let text: String
  let files: Int

  /// - Throws: where no file matches, or one cannot be read.
  init(_ cache: Cache, repository: String, workspace: WorkspaceFiles) throws(KeepingFailure) {
    let found = try workspace.matching(cache.key).files
    guard !found.isEmpty else {
      throw KeepingFailure("no file matches its key (\(cache.key.joined(separator: ", ").shown(limit: 200)))")
    }
    var hash = SHA256()
    func add(_ text: String) {
      // With its length, so that no two rows of texts are the same.
      hash.update(Array("\(text.utf8.count) ".utf8))
      hash.update(Array(text.utf8))
    }
    add("pushrod cache 1")
    add(repository)
    add("\(cache.paths.count)")
    for path in cache.paths.sorted() { add(path) }
    for file in found {
      add(file)
      try Self.add(contentsOf: file, workspace, to: &hash)
    }
    files = found.count
    text = hash.finish()
  }

  private static func add(
    contentsOf file: String, _ workspace: WorkspaceFiles, to hash: inout SHA256
  ) throws(KeepingFailure) {
    let path = file.split(separator: "/").map(String.init)
    let folder = try OpenTree.folder(path.dropLast(), below: workspace.top)
    let opened = openat(folder.raw, path[path.count - 1], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard opened >= 0 else { throw .last("read", file) }
    let descriptor = Descriptor(opened)
    var status = stat()
    guard fstat(descriptor.raw, &status) == 0, status.st_size <= 1 << 30 else {
      throw KeepingFailure("\(file) is too large for a key")
    }
    hash.update(Array("\(status.st_size) ".utf8))
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = read(descriptor.raw, &chunk, chunk.count)
      if count == 0 { return }
      if count < 0 {
        if errno == EINTR { continue }
        throw .last("read", file)
      }
      hash.update(chunk[..<count])
    }
  }
}
