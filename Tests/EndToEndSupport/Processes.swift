public import Foundation

/// What runs on this machine, as `/proc` tells it.
public enum Processes {
  /// It is there and no zombie.
  public static func isAlive(_ pid: pid_t) -> Bool {
    guard let fields = fields(pid) else { return false }
    return fields[0] != "Z" && fields[0] != "X"
  }

  public static func parent(of pid: pid_t) -> pid_t? { fields(pid).flatMap { pid_t($0[1]) } }

  /// Those whose environment holds `text`, zombies left out.
  public static func marked(_ text: String) -> [pid_t] {
    all.filter { pid in
      guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/environ")) else { return false }
      return bytes.range(of: Data(text.utf8)) != nil
    }
  }

  /// The threads of a process whose name begins so.
  public static func threads(of pid: pid_t, named prefix: String) -> [pid_t] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return tasks.compactMap { pid_t($0) }.filter { task in
      (try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/comm", encoding: .utf8))?.hasPrefix(prefix) ?? false
    }
  }

  private static var all: [pid_t] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
  }

  /// From the state on; the name before it may hold anything (proc_pid_stat(5)).
  private static func fields(_ pid: pid_t) -> [Substring]? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let close = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    return fields.count > 1 ? fields : nil
  }
}
