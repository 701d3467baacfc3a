import Glibc

/// A lack that passes: this process or the machine has run out of something that others give back.
public enum Shortage {
  /// Whether a system call failed for want of descriptors, memory or processes, and may succeed a moment later.
  /// - Parameter code: an `errno`.
  public static func isNamed(by code: Int32) -> Bool {
    [EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN].contains(code)
  }
}
