import Glibc

/// Keeps packs from being exchanged while somebody reads them: `flock` on `<folder of mirrors>/.in-use`, shared by all
/// who fetch and check out, held alone for the moment in which a repacked mirror is put in place.
public struct MirrorUse: Sendable {
  private let descriptor: Int32

  /// Waits, for moments only, until no mirror is being exchanged.
  /// - Parameter folder: of all mirrors; absolute.
  /// - Throws: `.internal` where the lock cannot be had.
  public static func begin(in folder: String, deadline: ContinuousClock.Instant) throws(GitFailure) -> MirrorUse {
    guard let use = take(folder, LOCK_SH, until: deadline) else {
      throw GitFailure(
        .internal, operation: "fetch",
        "The lock \(path(in: folder)) cannot be taken: \(SystemError.current). Check that the folder belongs to the "
          + "user of the runner.")
    }
    return use
  }

  /// `nil` where a mirror is in use for the whole of this time.
  static func alone(in folder: String, for patience: Duration) -> MirrorUse? {
    take(folder, LOCK_EX, until: .now + patience)
  }

  private static func path(in folder: String) -> String { folder + "/.in-use" }

  private static func take(_ folder: String, _ kind: Int32, until end: ContinuousClock.Instant) -> MirrorUse? {
    guard Directories.make(folder) else { return nil }
    let descriptor = open(path(in: folder), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return nil }
    while flock(descriptor, kind | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < end else {
        close(descriptor)
        return nil
      }
      usleep(2_000)
    }
    return MirrorUse(descriptor: descriptor)
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  /// Once.
  public func release() { close(descriptor) }
}
