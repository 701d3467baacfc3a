import Model

/// Reads `sandbox`: a truth value, or a mapping.
enum SandboxReading {
  static let record = Record<Sandbox>(
    title: "sandbox", path: "sandbox", expected: "`true`, `false` or a mapping such as {network: true}",
    keys: [
      Key("network", .bool, "whether it has the machine's network", preset: "`false`", example: "network: true") {
        $1.hasNetwork = $0.bool() ?? false
      },
      Key(
        "write", .oneOrMany(.text.called("absolute path"), of: "absolute paths"),
        "what it may write to, besides the workspace", preset: "nothing", example: "write: [/srv/shop]"
      ) { $1.write = places($0) },
    ],
    frame: "repo: https://github.com/acme/shop.git\non: push\nsteps: [make]\nsandbox:\n  @")

  static let kind = Kind.either(.bool, .record(record), words: "`true`, `false`, or mapping")

  static func sandbox(_ value: Value) -> Sandbox? {
    guard case .scalar = value.node.content, !value.isNull else {
      var sandbox = Sandbox()
      return record.read(value, into: &sandbox).map { _ in sandbox }
    }
    return value.bool().map { Sandbox(isOff: $0 ? nil : true) }
  }

  private static func places(_ value: Value) -> [String] {
    guard let items = value.oneOrMany(atMost: 100) else { return [] }
    if items.isEmpty { value.report("\(value.subject) is empty", suggestion: "name a folder, or leave it out") }
    return items.compactMap(place)
  }

  private static func place(_ value: Value) -> String? {
    guard let text = value.string("an absolute path such as /srv/shop") else { return nil }
    guard text.hasPrefix("/"), let parts = PathReading.parts(String(text.drop { $0 == "/" })) else {
      value.report("\(value.subject) must be an absolute path without `..`")
      return nil
    }
    guard !parts.isEmpty else {
      value.report(
        "\(value.subject) must not be the whole system", suggestion: "name the folders, or leave out `sandbox`")
      return nil
    }
    return "/" + parts.joined(separator: "/")
  }
}
