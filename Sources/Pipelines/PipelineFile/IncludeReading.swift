import Model

/// Finds the files that pipelines share.
public struct Includes: Sendable {
  /// The bytes of the file at a relative path without `..`; a sentence where there are none.
  public typealias Find = @Sendable (_ path: String) -> Result<[UInt8], IncludeFailure>

  let find: Find

  public init(find: @escaping Find) { self.find = find }
}

/// Why a file cannot be included: a clause that follows its path.
public struct IncludeFailure: Error, Sendable {
  public let words: String

  public init(_ words: String) { self.words = words }
}

/// Reads `include`: the steps of another file, as if they stood here.
enum IncludeReading {
  static let example = "common/node.yml"

  /// The value of `include`, where it stands alone in its mapping.
  static func include(_ item: Value) -> Value? {
    guard case .mapping(let entries) = item.node.content, entries.count == 1, entries[0].key == "include" else {
      return nil
    }
    return item.fields(["include"])?["include"]
  }

  /// The items of the file's `steps`, with their mistakes told under the file's own name.
  static func items(_ value: Value, _ includes: Includes?) -> [Value] {
    guard let path = PathReading.path(value, such: "a file beside this one, such as \(example)") else { return [] }
    guard let includes else {
      value.report("`include` is not possible here: there is no folder to look in")
      return []
    }
    switch includes.find(path) {
    case .failure(let failure):
      value.report("the file `\(path.shown(limit: 200))` \(failure.words)")
      return []
    case .success(let bytes):
      do {
        let folder = value.file.lastIndex(of: "/").map { String(value.file[...$0]) } ?? ""
        let findings = Findings(try Document.parse(bytes, file: folder + path))
        value.findings.include(findings)
        return items(of: findings.root)
      } catch {
        value.findings.include(error)
        return []
      }
    }
  }

  private static func items(of root: Value) -> [Value] {
    guard let fields = root.fields(["steps"], expected: "a mapping with `steps`") else { return [] }
    guard let steps = fields["steps"] else {
      root.report("`steps` is missing: there is nothing to include", suggestion: "add `steps: [npm ci]`")
      return []
    }
    let items = steps.list(atMost: StepReading.longestList) ?? []
    if items.isEmpty, case .list = steps.node.content {
      fields.report(key: "steps", "`steps` is empty: there is nothing to include", suggestion: "add `- npm ci`")
    }
    return items.filter { item in
      guard case .mapping(let entries) = item.node.content, entries.contains(where: { $0.key == "include" }) else {
        return true
      }
      item.report("an included file cannot include another one", suggestion: "include both from the pipeline")
      return false
    }
  }
}
