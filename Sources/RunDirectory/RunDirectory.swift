import Glibc
public import Model

/// One run's folder: the contract between the agent and the runner.
///
/// | File | Written by | Meaning |
/// | --- | --- | --- |
/// | `spec.json` | agent, before the runner starts | everything the runner needs, except secrets |
/// | `event.json`, `message.txt` | agent | raw payload and commit message, for the steps |
/// | `lock` | runner | locked for as long as it lives |
/// | `events.jsonl` | runner | what happened, one JSON object a line, only appended |
/// | `NN-<step>.log` | runner | the step's output, only appended |
/// | `NN-<step>.times` | runner | when which byte of the log was written |
/// | `pipeline.yml`, `pipeline.json` | runner | the repository's own file, where the pipeline names one, and its steps |
/// | `artifacts/` | runner | files that steps have left to be kept |
/// | `control` | runner | Unix socket, takes `ControlMessage`s |
public struct RunDirectory: Sendable, Hashable {
  /// Absolute.
  public let path: String

  public init(path: String) { self.path = path }

  public var specPath: String { path + "/spec.json" }
  public var lockPath: String { path + "/lock" }
  public var eventsPath: String { path + "/events.jsonl" }
  public var controlPath: String { path + "/control" }
  public var eventFilePath: String { path + "/event.json" }
  public var messagePath: String { path + "/message.txt" }

  /// Whether there is such a folder; a link in its place is none.
  public var isThere: Bool { OpenFolder(path) != nil }

  /// What the runner was asked to do.
  /// - Throws: `RunDirectoryError`, also where the file is no `RunSpec`.
  public func spec() throws(RunDirectoryError) -> RunSpec {
    let bytes = try OpenFile(specPath, O_RDONLY).readAll(limit: RunDirectory.specLimit)
    return try decode(RunSpec.self, from: bytes, path: specPath)
  }

  /// What happened so far. A torn last line, as a power loss leaves it, does not count.
  public func events() throws(RunDirectoryError) -> [RunEvent] {
    var reader = EventReader(path: eventsPath)
    var events: [RunEvent] = []
    while true {
      let more = try reader.next()
      if more.isEmpty { return events }
      events += more.map(\.event)
    }
  }

  /// The event that ended the run; `nil` while it is not there.
  public func finalEvent() throws(RunDirectoryError) -> RunEvent? {
    try events().last { $0.event == .runFinished }
  }

  /// Absolute path of the log that `event` names; `nil` where it names none or the name would leave the
  /// run directory.
  public func stepLogPath(_ event: RunEvent) -> String? {
    guard let name = event.log, RunDirectory.isPlainName(name) else { return nil }
    return path + "/" + name
  }

  /// `03-build-site.log`: the number, and what of the step's name is safe in a file name.
  public static func logName(step: Int, name: String) -> String {
    let kept = name.utf8.prefix(64).map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        byte
      default: UInt8(ascii: "-")
      }
    }
    return (step < 10 ? "0" : "") + "\(step)-" + String(decoding: kept, as: UTF8.self) + ".log"
  }

  /// Absolute path of the times that belong to a log.
  public static func timesPath(ofLog path: String) -> String {
    (path.hasSuffix(".log") ? String(path.dropLast(4)) : path) + ".times"
  }

  static let specLimit = 4 << 20

  static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.utf8.contains(UInt8(ascii: "/")) && !name.utf8.contains(0)
  }
}
