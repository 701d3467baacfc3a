public import Foundation
import TestSupport

/// What a process takes of the machine's memory, in bytes, as `/proc/PID/status` tells it (proc_pid_status(5)).
public struct ProcessMemory: Sendable {
  /// Resident, at its highest so far.
  public let peak: Int
  /// Resident and its own: neither code nor files.
  public let anonymous: Int
  /// Addresses, used or not.
  public let addresses: Int

  /// - Throws: `CommandFailure` where there is no such process any more.
  public init(of pid: pid_t) throws {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
      status.contains("VmHWM:")
    else { throw CommandFailure("process \(pid) has no memory any more") }
    func value(_ name: String) -> Int {
      let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
      return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
    peak = value("VmHWM")
    anonymous = value("RssAnon")
    addresses = value("VmSize")
  }
}
