/// What a runner is asked in place of a run: to look after mirrors and workspaces.
public struct UpkeepRequest: Codable, Sendable {
  /// Absolute path of the folder that agent and runners share.
  public var area: String
  /// Absolute paths of the mirrors of configured pipelines, and of their workspaces: these stay.
  public var mirrors: [String]
  public var workspaces: [String]
  /// Of the mirrors, those that runs are working with.
  public var busy: [String]
  /// No run is under way, so mirrors of submodules, and of what is no longer configured, are free too.
  public var isQuiet: Bool
  /// A mirror of so many packs or more is repacked.
  public var packs: Int
  /// What is not configured is removed, and refs are forgotten, when they were not used for so long.
  public var unused: Seconds
  /// For all of it.
  public var timeout: Seconds
  /// Bytes of memory for a repacking.
  public var memory: Int

  public init(
    area: String, mirrors: [String], workspaces: [String], busy: [String], isQuiet: Bool, packs: Int, unused: Seconds,
    timeout: Seconds, memory: Int
  ) {
    self.area = area
    self.mirrors = mirrors
    self.workspaces = workspaces
    self.busy = busy
    self.isQuiet = isQuiet
    self.packs = packs
    self.unused = unused
    self.timeout = timeout
    self.memory = memory
  }
}

/// What the runner answers: one JSON object.
public struct UpkeepAnswer: Codable, Sendable {
  /// A mirror that was repacked.
  public struct Repacked: Codable, Hashable, Sendable {
    public var mirror: String
    public var packsBefore: Int
    public var packsAfter: Int
    public var bytesBefore: Int
    public var bytesAfter: Int
    public var removedRefs: Int

    public init(
      mirror: String, packsBefore: Int, packsAfter: Int, bytesBefore: Int, bytesAfter: Int, removedRefs: Int
    ) {
      self.mirror = mirror
      self.packsBefore = packsBefore
      self.packsAfter = packsAfter
      self.bytesBefore = bytesBefore
      self.bytesAfter = bytesAfter
      self.removedRefs = removedRefs
    }
  }

  public var repacked: [Repacked]
  /// Absolute paths of mirrors and workspaces.
  public var removed: [String]
  /// Sentences.
  public var failures: [String]

  public init(repacked: [Repacked] = [], removed: [String] = [], failures: [String] = []) {
    self.repacked = repacked
    self.removed = removed
    self.failures = failures
  }
}
