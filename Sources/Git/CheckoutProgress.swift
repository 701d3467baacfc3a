/// How far a checkout has come.
public struct CheckoutProgress: Sendable, Hashable {
  /// Files and links looked at, and those of all submodules.
  public var files: Int
  public var totalFiles: Int
  /// Of these, how many were not yet as the commit has them.
  public var written: Int

  public init(files: Int, totalFiles: Int, written: Int) {
    self.files = files
    self.totalFiles = totalFiles
    self.written = written
  }
}
