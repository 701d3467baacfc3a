import Foundation

/// The sanitizer that the tests and all programs are built with, where there is one (scripts/sanitize).
public enum Sanitizer {
  /// `thread` or `address`.
  public static let name = ProcessInfo.processInfo.environment["PUSHROD_SANITIZER"]

  /// A bound on a process's memory in bytes, widened for the books that the sanitizer keeps of it.
  public static func memory(_ bytes: Int) -> Int { name == nil ? bytes : bytes * 4 }
}
