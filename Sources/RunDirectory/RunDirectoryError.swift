import Glibc
import Model

/// Why a run directory could not be written, read or reached.
public enum RunDirectoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A system call failed; `code` is its `errno`.
  case system(operation: String, path: String, code: Int32)
  /// The file is there and does not say what it should.
  case corrupt(path: String, detail: String)
  /// The run directory belongs to a run with another `spec.json`.
  case taken(path: String)
  /// Nobody listens on the run's control socket: the run has ended, or not begun.
  case noRunner

  public var description: String {
    switch self {
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path): \(String(cString: strerror(code)))"
    case .corrupt(let path, let detail): "\(path) is damaged: \(detail)"
    case .taken(let path): "\(path) already belongs to another run; run numbers must not be used twice"
    case .noRunner: "no runner is working on this run"
    }
  }

  /// The same failure, with the path by which people know the folder.
  func at(_ folder: String, insteadOf place: String) -> RunDirectoryError {
    func known(_ path: String) -> String { path.hasPrefix(place) ? folder + path.dropFirst(place.count) : path }
    return switch self {
    case .system(let operation, let path, let code): .system(operation: operation, path: known(path), code: code)
    case .corrupt(let path, let detail): .corrupt(path: known(path), detail: detail)
    case .taken(let path): .taken(path: known(path))
    case .noRunner: .noRunner
    }
  }

  /// It says nothing about the run: descriptors or memory were missing, and a later attempt may succeed.
  public var isShortage: Bool {
    if case .system(_, _, let code) = self { Shortage.isNamed(by: code) } else { false }
  }

  /// The failure that `errno` names right now.
  static func last(_ operation: String, _ path: String) -> RunDirectoryError {
    .system(operation: operation, path: path, code: errno)
  }
}
