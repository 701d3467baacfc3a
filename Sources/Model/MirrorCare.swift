/// When mirrors are repacked, and what nobody uses any longer is removed.
public struct MirrorCare: Hashable, Sendable {
  /// A mirror of so many packs or more is repacked into one.
  public var packs: Int
  /// How long what no pipeline is configured for is kept after its last use: mirrors, workspaces, refs.
  public var unused: Seconds
  /// Between two looks.
  public var every: Seconds

  public init(packs: Int = 20, unused: Seconds = 2_592_000, every: Seconds = 3600) {
    self.packs = packs
    self.unused = unused
    self.every = every
  }
}
