/// How much a commit may put into a workspace, its submodules included.
public struct TreeLimits: Sendable, Hashable {
  /// Files, links, folders and submodules.
  public var entries: Int
  /// The sum of the sizes of all files.
  public var bytes: Int

  public init(entries: Int, bytes: Int) {
    self.entries = entries
    self.bytes = bytes
  }
}
