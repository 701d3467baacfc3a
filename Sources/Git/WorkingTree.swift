import Glibc

/// What the commit and all its submodules share while they are written.
final class WorkingTree {
  let policy: RemotePolicy
  private let totalFiles: Int
  private let progress: (CheckoutProgress) -> Void
  private(set) var files = 0
  private(set) var written = 0
  private(set) var removed = 0
  /// Folders that are not checked out, but for those in them.
  private(set) var leftOut: [String] = []

  init(totalFiles: Int, policy: RemotePolicy, progress: @escaping (CheckoutProgress) -> Void) {
    self.totalFiles = totalFiles
    self.policy = policy
    self.progress = progress
  }

  func countFile(written isNew: Bool) throws(GitFailure) {
    files += 1
    if isNew { written += 1 }
    guard files % 512 == 0 else { return }
    try policy.checkDeadline("check out", "writing the workspace")
    report()
  }

  func noteLeftOut(_ path: [UInt8]) { leftOut.append(String(decoding: path, as: UTF8.self)) }

  func countRemoved() { removed += 1 }

  func report() { progress(CheckoutProgress(files: files, totalFiles: totalFiles, written: written)) }
}
