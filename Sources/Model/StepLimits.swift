/// What a step may use at most.
public struct StepLimits: Codable, Hashable, Sendable {
  /// Bytes, of all its processes together where the system can count them so.
  public var memory: Int?
  /// Processors: 1.5 is one and a half of them.
  public var cpu: Double?
  /// Processes and threads that exist at the same time.
  public var processes: Int?
  /// Share of the disk's time beside other steps, from 1 to 10,000; 100 is the usual one.
  public var io: Int?
  /// Bytes of its log.
  public var log: Int?
  /// What a step comes to that writes more than `log`; `nil`: `cut`.
  public var logEnd: LogEnd?

  public enum LogEnd: String, Codable, Sendable, CaseIterable {
    /// It goes on; what it writes is dropped.
    case cut
    /// It is ended, and has failed.
    case fail
  }

  public init(
    memory: Int? = nil, cpu: Double? = nil, processes: Int? = nil, io: Int? = nil, log: Int? = nil,
    logEnd: LogEnd? = nil
  ) {
    self.memory = memory
    self.cpu = cpu
    self.processes = processes
    self.io = io
    self.log = log
    self.logEnd = logEnd
  }

  /// With what `other` says where this says nothing.
  public func filled(from other: StepLimits?) -> StepLimits {
    StepLimits(
      memory: memory ?? other?.memory, cpu: cpu ?? other?.cpu, processes: processes ?? other?.processes,
      io: io ?? other?.io, log: log ?? other?.log, logEnd: logEnd ?? other?.logEnd)
  }
}

/// What a step sees of the machine: everything, read-only, with a temporary folder of its own, but for what is named here.
public struct Sandbox: Codable, Hashable, Sendable {
  /// `false`: there is no network but the loopback of its own.
  public var hasNetwork: Bool
  /// Absolute paths that it may write to, besides the workspace.
  public var write: [String]
  /// Of a step: it is in none, whatever its pipeline says; `nil`: false.
  public var isOff: Bool?

  public init(hasNetwork: Bool = false, write: [String] = [], isOff: Bool? = nil) {
    self.hasNetwork = hasNetwork
    self.write = write
    self.isOff = isOff
  }
}

/// How the workspace is made.
public struct WorkspaceRule: Codable, Hashable, Sendable {
  /// What an earlier run left is removed before the next one.
  public enum Clean: String, Codable, Sendable, CaseIterable {
    /// All of it.
    case full
    /// All but what `.gitignore` names.
    case ignoredKept = "ignored-kept"
    /// Nothing: files that the commit does not have stay.
    case none
  }

  /// `nil`: `full`.
  public var clean: Clean?
  /// `nil`: true.
  public var submodules: Bool?
  /// Large files are fetched with git-lfs; `nil`: false.
  public var lfs: Bool?
  /// Commits of history to fetch; `nil`: all.
  public var depth: Int?
  /// Folders of the repository to check out, besides the files at its top; `nil`: all. Never empty.
  public var sparse: [String]?

  public init(
    clean: Clean? = nil, submodules: Bool? = nil, lfs: Bool? = nil, depth: Int? = nil, sparse: [String]? = nil
  ) {
    self.clean = clean
    self.submodules = submodules
    self.lfs = lfs
    self.depth = depth
    self.sparse = sparse
  }
}
