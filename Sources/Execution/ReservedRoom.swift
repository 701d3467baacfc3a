import CLinux
import Glibc

/// Room on the disk for a run's events, so that a run whose output has filled the disk can still say so.
struct ReservedRoom {
  private let path: String

  /// In bytes: some hundred events.
  private static let size: off_t = 128 << 10

  /// `nil` where the file system keeps no room, or has none: the run goes on without.
  init?(_ path: String) {
    self.path = path
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard pushrod_reserve(descriptor, ReservedRoom.size) == 0 else { return nil }
  }

  /// Nothing more will be written.
  func giveBack() {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    _ = truncate(path, status.st_size)
  }
}
