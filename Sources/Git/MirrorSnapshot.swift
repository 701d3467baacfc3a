/// What a mirror holds, and what workspaces have checked out of it: whoever repacks compares it before and after.
struct MirrorSnapshot: Equatable {
  /// What each ref names.
  var refs: [String: String] = [:]
  /// Names of the files in `objects/pack`.
  var packs: Set<String> = []
  /// Of all workspaces.
  var heads: [[String]] = []

  /// - Parameter workspaces: absolute paths.
  init(of mirror: Mirror, in repository: borrowing Repository, workspaces: [String]) throws(LibraryError) {
    for name in try repository.references() {
      refs[name] = try repository.target(ofReference: name)?.hex
    }
    packs = Set(mirror.names(in: mirror.packFolder))
    heads = workspaces.sorted().map { WorkspaceHeads.read(beside: $0).map(\.hex) }
  }
}
