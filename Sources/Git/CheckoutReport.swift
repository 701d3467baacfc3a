/// What a checkout did.
public struct CheckoutReport: Sendable, Hashable {
  /// Files and links in the workspace, those of submodules included.
  public var files: Int
  public var submodules: Int
  /// Of the files, how many had to be written.
  public var written: Int
  /// Files and folders of earlier steps that were removed, each folder counted once.
  public var removed: Int

  /// Files of the commit (not of its submodules) are kept in Git LFS, and are pointers here.
  public var usesLargeFiles: Bool
  /// Folders that a sparse checkout has left out.
  public var leftOut: [String]

  public init(
    files: Int, submodules: Int, written: Int = 0, removed: Int = 0, usesLargeFiles: Bool = false,
    leftOut: [String] = []
  ) {
    self.usesLargeFiles = usesLargeFiles
    self.leftOut = leftOut
    self.files = files
    self.submodules = submodules
    self.written = written
    self.removed = removed
  }
}
