import Glibc
import Model
import RunDirectory

/// The caches of one step: put into the workspace before its first try, kept after it succeeded.
///
/// Nothing of it ever fails a step: it is said in the log, and the step does without.
final class StepCaches {
  private let caches: [Cache]
  private let workspace: String
  private let repository: String
  private let store: CacheStore?
  private let say: (String) -> Void
  private let isStopped: () -> Bool
  /// Keys of those that were not found, by their place.
  private var missing: [Int: CacheKey] = [:]

  /// For one cache, so that a step begins some time.
  private static let longest: Duration = .seconds(600)

  /// - Parameters:
  ///   - say: gets lines for the step's log.
  ///   - isStopped: the step is to end.
  init(_ step: Step, spec: RunSpec, say: @escaping (String) -> Void, isStopped: @escaping () -> Bool) {
    caches = step.cache ?? []
    workspace = spec.workspace
    repository = spec.request.pipeline.repository.identity
    store = spec.caches.map { CacheStore(folder: $0.folder, limit: $0.size) }
    self.say = say
    self.isStopped = isStopped
  }

  func restore() {
    guard !caches.isEmpty else { return }
    guard let store else { return say("cache: there is none in this run") }
    for (place, cache) in caches.enumerated() {
      do throws(KeepingFailure) {
        let key = try CacheKey(cache, repository: repository, workspace: WorkspaceFiles(workspace))
        guard let entry = store.find(key.text, of: folder) else {
          missing[place] = key
          say("cache: nothing kept for key \(key.text.prefix(12)) (\(shown(cache)))")
          continue
        }
        let start = Instant.now
        let copy = try put(entry, cache)
        say(
          "cache: found key \(key.text.prefix(12)): \(count(copy.files)), \(ByteCount.words(copy.bytes)) in "
            + "\(Seconds(start.duration(to: .now).inSeconds)) (\(shown(cache)))")
      } catch {
        say("cache: not used: \(error.words.shown(limit: 400)) (\(shown(cache)))")
      }
    }
  }

  /// After the step has succeeded.
  func keep() {
    guard let store else { return }
    for (place, key) in missing.sorted(by: { $0.key < $1.key }) {
      let cache = caches[place]
      do throws(KeepingFailure) {
        var copy = newCopy(limit: store.limit)
        var absent: [String] = []
        let isNew = try store.add(key.text, of: folder) { (target) throws(KeepingFailure) in
          let top = try OpenTree.top(workspace)
          for (number, path) in cache.paths.enumerated() {
            guard let (folder, name) = try? parent(of: path, top, making: false),
              OpenTree.status(name, in: folder) != nil
            else {
              absent.append(path)
              continue
            }
            try copy.copy(name, in: folder, to: "\(number)", in: target)
          }
          guard absent.count < cache.paths.count else { throw KeepingFailure("none of its paths is there") }
          // What a file takes besides its bytes counts too.
          return copy.bytes + copy.files * 512
        }
        say(
          isNew
            ? "cache: kept key \(key.text.prefix(12)): \(count(copy.files)), \(ByteCount.words(copy.bytes)) (\(shown(cache)))"
            : "cache: key \(key.text.prefix(12)) was kept by another run meanwhile")
        if !absent.isEmpty {
          say("cache: not there, and so not kept: \(absent.joined(separator: ", ").shown(limit: 200))")
        }
        if copy.leftOut > 0 { say("cache: left out \(copy.leftOut) sockets, pipes and devices") }
      } catch {
        say("cache: not kept: \(error.words.shown(limit: 400)) (\(shown(cache)))")
      }
    }
    missing = [:]
  }

  /// Beside its place first: a copy that breaks off leaves what was there.
  private func put(_ entry: CacheStore.Entry, _ cache: Cache) throws(KeepingFailure) -> TreeCopy {
    var copy = newCopy(limit: .max)
    let top = try OpenTree.top(workspace)
    for (number, path) in cache.paths.enumerated() where OpenTree.status("\(number)", in: entry.folder) != nil {
      let (folder, name) = try parent(of: path, top, making: true)
      let temporary = ".pushrod-cache-\(getpid())"
      try OpenTree.remove(temporary, in: folder)
      do throws(KeepingFailure) {
        try copy.copy("\(number)", in: entry.folder, to: temporary, in: folder)
        try OpenTree.remove(name, in: folder)
        guard renameat(folder.raw, temporary, folder.raw, name) == 0 else {
          throw KeepingFailure.last("put in place", path)
        }
      } catch {
        try? OpenTree.remove(temporary, in: folder)
        throw error
      }
    }
    return copy
  }

  private func newCopy(limit: Int) -> TreeCopy {
    let end = Instant.now + StepCaches.longest
    return TreeCopy(limit: limit) { [isStopped] in Instant.now > end || isStopped() }
  }

  private func parent(
    of path: String, _ top: Descriptor, making: Bool
  ) throws(KeepingFailure) -> (folder: Descriptor, name: String) {
    let parts = path.split(separator: "/").map(String.init)
    guard let name = parts.last else { throw KeepingFailure("a path is empty") }
    return (try OpenTree.folder(parts.dropLast(), below: top, making: making ? 0o755 : nil), name)
  }

  /// The folder of the repository's caches.
  private var folder: String {
    // A name for every address, of a length that every file system takes.
    var hash = SHA256()
    hash.update(Array(repository.utf8))
    return String(hash.finish().prefix(32))
  }

  private func shown(_ cache: Cache) -> String { cache.paths.joined(separator: ", ").shown(limit: 120) }

  private func count(_ files: Int) -> String { "\(files) file\(files == 1 ? "" : "s")" }
}
