import Model

/// Reads `workspace`.
enum WorkspaceReading {
  static let record = Record<WorkspaceRule>(
    title: "workspace", path: "workspace", expected: "a mapping such as {clean: ignored-kept}",
    keys: [
      Key(
        "clean", .oneOf(WorkspaceRule.Clean.allCases.map(\.rawValue)),
        "what is removed before a run of what earlier ones left", preset: "`full`", example: "clean: ignored-kept"
      ) { $1.clean = $0.word(WorkspaceRule.Clean.self) },
      Key(
        "submodules", .bool, "whether submodules are fetched and checked out", preset: "`true`",
        example: "submodules: false"
      ) { $1.submodules = $0.bool() },
      Key(
        "lfs", .bool, "whether files that are kept in Git LFS are fetched, with `git-lfs`", preset: "`false`",
        example: "lfs: true"
      ) { $1.lfs = $0.bool() },
      Key("depth", .oneOf(["full"]), "how much of the history is there", preset: "`full`", example: "depth: full") {
        value, _ in
        depth(value)
      },
      Key(
        "sparse", .oneOrMany(.text.called("folder"), of: "folders"), "the folders that are checked out", preset: "all",
        example: "sparse: [web, docs]"
      ) { $1.sparse = folders($0) },
    ],
    frame: "repo: https://github.com/acme/shop.git\non: push\nsteps: [make]\nworkspace:\n  @")

  static func rule(_ value: Value) -> WorkspaceRule? {
    var rule = WorkspaceRule()
    return record.read(value, into: &rule).map { _ in rule }
  }

  private static func depth(_ value: Value) {
    guard let text = value.string("full") else { return }
    if text != "full" {
      value.report(
        "\(value.subject) must be full: a repository is fetched once, whole, into a mirror that its runs share",
        suggestion: "remove it; later fetches bring only what is new")
    }
  }

  private static func folders(_ value: Value) -> [String]? {
    let items = value.oneOrMany(atMost: 100) ?? []
    if items.isEmpty {
      value.report("\(value.subject) is an empty list, and would check out nothing", suggestion: "leave the key out")
    }
    let folders = items.compactMap(folder)
    return folders.isEmpty ? nil : folders
  }

  /// `docs`, `docs/` and `docs/**` are the same.
  private static func folder(_ value: Value) -> String? {
    guard let text = value.string("a folder of the repository, such as web or docs/**") else { return nil }
    let plain = text.hasSuffix("/**") ? String(text.dropLast(3)) : text
    guard !plain.contains(where: { "*?[".contains($0) }) else {
      value.report(
        "\(value.subject) names folders, and `\(text.shown(limit: 60))` is a pattern",
        suggestion: "name the folder that holds them; all below it is checked out")
      return nil
    }
    guard let parts = PathReading.parts(plain), !parts.isEmpty else {
      value.report("\(value.subject) must be a folder inside the repository, relative and without `..`")
      return nil
    }
    return parts.joined(separator: "/")
  }
}
