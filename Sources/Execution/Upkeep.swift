import FoundationEssentials
import Git
import Glibc
import Model
import RunDirectory

/// Looks after mirrors and workspaces in quiet time: what a runner does with an `UpkeepRequest`.
final class Upkeep {
  let request: UpkeepRequest
  private let area: RunArea
  private let deadline: Instant
  /// In seconds since 1970; what was used since is not touched.
  private let oldest: Int
  private var answer = UpkeepAnswer()

  /// Does all of it and sends the answer.
  /// - Throws: `RunnerFailure` where nothing was begun.
  static func carryOut(_ request: UpkeepRequest, answeringOn connection: Descriptor) throws(RunnerFailure) {
    let upkeep = Upkeep(try checked(request))
    guard let lock = upkeep.lock() else {
      throw RunnerFailure("mirrors and workspaces are being looked after already, or \(request.area) cannot be locked")
    }
    signal(SIGPIPE, SIG_IGN)
    // Whatever else this machine does goes first.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    upkeep.removeUnused()
    upkeep.repack()
    lock.release()
    guard let bytes = (try? JSON.encoder().encode(upkeep.answer)).map(Array.init), connection.writeAll(bytes) else {
      throw RunnerFailure("the answer could not be sent")
    }
  }

  private init(_ request: UpkeepRequest) {
    self.request = request
    area = RunArea(root: request.area)
    deadline = .now + request.timeout.duration
    oldest = time(nil) - Int(request.unused.value)
  }

  private static func checked(_ request: UpkeepRequest) throws(RunnerFailure) -> UpkeepRequest {
    for path in [request.area] + request.mirrors + request.workspaces + request.busy {
      guard path.hasPrefix("/"), !path.utf8.contains(0), !path.split(separator: "/").contains("..") else {
        throw RunnerFailure("a path of the request is not absolute and plain")
      }
    }
    guard (0...315_360_000).contains(request.unused.value), (0...86_400).contains(request.timeout.value) else {
      throw RunnerFailure("a time of the request is out of bounds")
    }
    return request
  }

  /// One process at a time.
  private func lock() -> UpkeepLock? { UpkeepLock(in: area.mirrors) }

  // MARK: Removing

  private func removeUnused() {
    let kept = Set(request.workspaces)
    for workspace in workspaces where !kept.contains(workspace) {
      guard let lock = WorkspaceLock.acquire(unusedSince: oldest, workspace) else { continue }
      note { () throws(GitFailure) in
        try Workspace(path: workspace, mirror: Mirror(path: "")).remove()
        UnfinishedMark(workspace: workspace).remove()
        answer.removed.append(workspace)
      }
      lock.release()
    }
    guard request.isQuiet else { return }
    for leftover in MirrorFolder(area.mirrors).leftovers(olderThan: time(nil) - 86_400) {
      note { () throws(GitFailure) in try Mirror(path: leftover).removeFiles() }
    }
    let mirrors = Set(request.mirrors)
    for mirror in MirrorFolder(area.mirrors).mirrors where !mirrors.contains(mirror) {
      guard Mirror(path: mirror).lastUse < oldest else { continue }
      let removed = inChild(mirror) { () throws(GitFailure) in
        try Mirror(path: mirror).removeUnused(in: area.mirrors, workspaces: workspaces, oldest: oldest)
      }
      if removed == true { answer.removed.append(mirror) }
    }
  }

  // MARK: Repacking

  private func repack() {
    let (mirrors, busy) = (Set(request.mirrors), Set(request.busy))
    let many = MirrorFolder(area.mirrors).mirrors.map { ($0, Mirror(path: $0).packCount) }.filter { mirror, count in
      count.packs >= max(request.packs, 2) && !count.isKept && !busy.contains(mirror)
        && (request.isQuiet || mirrors.contains(mirror))
    }
    for (mirror, _) in many.sorted(by: { $0.1.packs > $1.1.packs }) where Instant.now < deadline {
      let outcome = inChild(mirror) { () throws(GitFailure) -> UpkeepAnswer.Repacked? in
        let outcome = try Mirror(path: mirror).repack(in: area.mirrors, workspaces: workspaces, oldest: oldest)
        guard case .done(let before, let after, let refs) = outcome else { return nil }
        return UpkeepAnswer.Repacked(
          mirror: mirror, packsBefore: before.packs, packsAfter: after.packs, bytesBefore: before.bytes,
          bytesAfter: after.bytes, removedRefs: refs)
      }
      if let repacked = outcome ?? nil { answer.repacked.append(repacked) }
    }
  }

  private var workspaces: [String] { FileTree.folders(in: area.workspaces).map { area.workspaces + "/" + $0 } }

  private enum Told<Value: Codable>: Codable {
    case done(Value)
    case failed(String)
  }

  /// - Returns: `nil` where it failed, which is noted.
  private func inChild<Value: Codable>(
    _ mirror: String, _ work: () throws(GitFailure) -> Value
  ) -> Value? {
    do throws(RunnerFailure) {
      let told = try ForkedWork.answer(memory: request.memory, deadline: deadline) { () -> Told<Value> in
        do throws(GitFailure) { return .done(try work()) } catch { return .failed(error.description) }
      }
      switch told {
      case .done(let value): return value
      case .failed(let sentence): answer.failures.append(sentence)
      case nil:
        answer.failures.append(
          "\(mirror) could not be looked after within \(request.timeout) and \(ByteCount.words(request.memory)) of memory"
        )
      }
    } catch {
      answer.failures.append(error.description)
    }
    return nil
  }

  private func note(_ work: () throws(GitFailure) -> Void) {
    do throws(GitFailure) { try work() } catch { answer.failures.append(error.description) }
  }
}
