import Foundation
import Git
import Synchronization
import TestSupport

/// A mirror and a workspace in a directory of their own.
final class Fixture: Sendable {
  let directory: TemporaryDirectory
  let mirror: Git.Mirror
  let workspace: Workspace
  private let lines = Mutex<[String]>([])

  init() throws {
    directory = try TemporaryDirectory("workspace")
    mirror = Mirror(path: directory.file("mirrors/main.git"))
    workspace = Workspace(path: directory.file("workspaces/shop"), mirror: mirror)
  }

  var messages: [String] { lines.withLock { $0 } }

  /// Fetches, proves and checks out.
  @discardableResult
  func deploy(
    _ url: String, _ commit: String? = nil, ref: String = "refs/heads/main", policy: RemotePolicy = .everything(),
    limits: TreeLimits = TreeLimits(entries: 100_000, bytes: 1 << 30), rule: CheckoutRule = CheckoutRule()
  ) throws -> CheckoutReport {
    let tip = try fetch(url, ref: ref, policy: policy)
    let proved = try mirror.prove(commit: commit ?? tip, reachableFrom: ref)
    return try checkOut(proved, url: url, policy: policy, limits: limits, rule: rule)
  }

  func fetch(
    _ url: String, ref: String = "refs/heads/main", policy: RemotePolicy = .everything()
  ) throws -> String {
    try mirror.fetch(url: url, ref: ref, policy: policy, progress: { _ in }, message: note)
  }

  @discardableResult
  func checkOut(
    _ commit: String, url: String = "file:///nowhere", policy: RemotePolicy = .everything(),
    limits: TreeLimits = TreeLimits(entries: 100_000, bytes: 1 << 30), rule: CheckoutRule = CheckoutRule()
  ) throws -> CheckoutReport {
    try workspace.checkOut(
      commit: commit, limits: limits, policy: policy, rule: rule,
      mirrors: {
        Mirror(
          path: self.directory.file("mirrors/sub-\($0.utf8.map { String($0, radix: 16) }.joined().suffix(60)).git"))
      },
      sourceURL: url, progress: { _ in }, message: note)
  }

  private func note(_ line: String) { lines.withLock { $0.append(line) } }
}

extension RemotePolicy {
  /// Every scheme, half a minute.
  static func everything(
    seconds: Double = 60, _ credential: @escaping @Sendable (String) -> RemoteCredential? = { _ in nil }
  ) -> RemotePolicy {
    RemotePolicy(
      allowedSchemes: ["https", "ssh", "git", "file", "http"], credential: credential,
      deadline: .now + .seconds(seconds))
  }
}

/// Everything below a folder but `.git`: kinds, permissions of files, targets of links, hashes of contents, one
/// line each. Two folders with equal pictures are equal byte for byte.
func picture(of folder: String) throws -> Set<String> {
  let list = try run(
    [
      "find", ".", "-name", ".git", "-prune", "-o", "-type", "d", "-printf", "d %P\\0", "-o", "-type", "l", "-printf",
      "l %P -> %l\\0", "-o", "-type", "f", "-printf", "f %m %P\\0", "-o", "-printf", "? %P\\0",
    ], in: folder)
  let hashes = try run(
    ["sh", "-c", "find . -name .git -prune -o -type f -print0 | xargs -0 -r sha256sum -z"], in: folder)
  return Set((list.stdout + hashes.stdout).split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
}
