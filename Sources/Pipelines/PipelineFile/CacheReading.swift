import Model

/// Reads `cache` of a step: one mapping, or a list of them.
enum CacheReading {
  static let most = 10

  struct Draft {
    var key: [String] = []
    var paths: [String] = []
  }

  static let record = Record<Draft>(
    title: "cache", path: "steps.cache", expected: "a mapping with `key` and `paths`, or a list of such mappings",
    keys: [
      Key(
        "key", .oneOrMany(.text.called("pattern"), of: "patterns"),
        "files of the repository; while they are the same, so is the cache", preset: "must be given",
        example: "key: package-lock.json\npaths: .npm"
      ) { $1.key = PatternReading.patterns($0, such: "package-lock.json or \"**/go.sum\"") },
      Key(
        "paths", .oneOrMany(.path, of: "paths"), "what is kept: folders or files of the workspace",
        preset: "must be given", example: "key: package-lock.json\npaths: [.npm, .cache/vite]"
      ) { $1.paths = paths($0) },
    ],
    required: [["key"], ["paths"]],
    frame: "repo: https://github.com/acme/shop.git\non: push\nsteps:\n  - run: npm ci\n    cache:\n      @")

  static func caches(_ value: Value) -> [Cache]? {
    let items = value.oneOrMany(atMost: most) ?? []
    if items.isEmpty { value.report("\(value.subject) is an empty list", suggestion: "leave the key out") }
    let caches = items.compactMap(cache)
    return caches.isEmpty ? nil : caches
  }

  private static func cache(_ value: Value) -> Cache? {
    var draft = Draft()
    guard let fields = record.read(value, into: &draft) else { return nil }
    for name in ["key", "paths"] where fields.lacks(name) {
      value.report(
        "\(value.subject) has no `\(name)`", suggestion: "write `cache: {key: package-lock.json, paths: .npm}`")
    }
    return draft.key.isEmpty || draft.paths.isEmpty ? nil : Cache(key: draft.key, paths: draft.paths)
  }

  private static func paths(_ value: Value) -> [String] {
    let items = value.oneOrMany(atMost: 100) ?? []
    if items.isEmpty { value.report("\(value.subject) is an empty list", suggestion: "name what is to be kept") }
    let paths = items.compactMap { item -> String? in
      guard let path = PathReading.path(item, such: "a folder or file of the workspace, such as .npm") else {
        return nil
      }
      if path.contains(where: { "*?[".contains($0) }) {
        item.report("\(item.subject) is a pattern", suggestion: "name the folder; all below it is kept")
      } else if path.unicodeScalars.first == "~" {
        item.report(
          "\(item.subject) begins with `~`, which is a folder's name here",
          suggestion: "caches are of the workspace: tell the tool to keep its own there, as with npm's `--cache .npm`")
      } else if path.split(separator: "/").contains(".git") {
        item.report("\(item.subject) leads into `.git`, which is made anew for each run")
      }
      return path
    }
    for (place, path) in paths.enumerated() {
      if let other = paths[..<place].first(where: { $0 == path || $0.hasPrefix(path + "/") || path.hasPrefix($0 + "/") }
      ) {
        value.report(
          "\(value.subject) names `\(other)` and `\(path)`, of which one lies in the other",
          suggestion: "name one of them")
      }
    }
    return paths
  }
}
