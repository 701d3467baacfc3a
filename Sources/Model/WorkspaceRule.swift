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
  /// Folders of the repository to check out, besides the files at its top; `nil`: all. Never empty.
  public var sparse: [String]?

  public init(
    clean: Clean? = nil, submodules: Bool? = nil, lfs: Bool? = nil, sparse: [String]? = nil
  ) {
    self.clean = clean
    self.submodules = submodules
    self.lfs = lfs
    self.sparse = sparse
  }
}
