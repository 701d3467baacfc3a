import Model
import Yams

/// From Yams' nodes to the document's, refusing what YAML can say and a file here must not.
struct NodeConversion {
  let file: String
  let source: SourceLines
  let limits: Document.Limits
  /// Keys that `KeyDeduplicator` made unique, by their place.
  let replaced: [Document.Position: String]

  /// Mistakes after which the rest cannot be trusted.
  private(set) var fatal: [Diagnostic] = []
  /// Mistakes beside which the rest can be read.
  private(set) var problems: [Diagnostic] = []
  private var count = 0

  init(file: String, source: SourceLines, limits: Document.Limits, replaced: [Document.Position: String]) {
    self.file = file
    self.source = source
    self.limits = limits
    self.replaced = replaced
  }

  mutating func node(_ node: Node, depth: Int) -> Document.Node? {
    let position = node.place
    count += 1
    guard count <= limits.nodes else {
      if count == limits.nodes + 1 { refuse(position, "the file has more than \(limits.nodes) values") }
      return nil
    }
    guard depth <= limits.depth else {
      refuse(position, "lists and mappings are nested more than \(limits.depth) levels deep")
      return nil
    }
    if let anchor = node.anchor {
      let name = anchor.rawValue.shown(limit: 40)
      note(
        position, "anchors and aliases (`&\(name)`, `*\(name)`) are not allowed",
        suggestion: "write the value again, or quote it where `&` or `*` belongs to it")
    }
    if let tag = node.explicitTag {
      // `- !old/**` is a tag without a value; the author means the text.
      let rest = source.text(from: position).prefix { !" ,]}\t".contains($0) }
      let written = rest.isEmpty ? tag : String(rest)
      note(
        position, length: rest.unicodeScalars.count, "`\(written.shown(limit: 60))` is read as a YAML tag",
        suggestion: "put it in quotes: \"\(written.shown(limit: 60))\"")
      return Document.Node(.scalar(written, quoted: true), at: position)
    }
    switch node {
    case .scalar(let scalar):
      let plain = scalar.style == .plain || scalar.style == .any
      return Document.Node(.scalar(scalar.string, quoted: !plain), at: position)
    case .sequence(let sequence):
      let items = sequence.compactMap { self.node($0, depth: depth + 1) }
      return Document.Node(.list(items), at: position)
    case .mapping(let mapping):
      return Document.Node(.mapping(entries(mapping, depth: depth)), at: position)
    case .alias:
      note(position, "aliases are not allowed", suggestion: "write the value again")
      return nil
    }
  }

  private mutating func entries(_ mapping: Node.Mapping, depth: Int) -> [Document.Entry] {
    var entries: [Document.Entry] = []
    var places: [String: Document.Position] = [:]
    for (keyNode, valueNode) in mapping {
      guard let keyValue = node(keyNode, depth: depth + 1) else { continue }
      let position = keyValue.position
      guard case .scalar(let written, let quoted) = keyValue.content else {
        note(position, "a key must be text")
        continue
      }
      if written == "<<", !quoted {
        note(position, length: 2, "merge keys (`<<`) are not allowed", suggestion: "write the values again")
        continue
      }
      let key = replaced[position] ?? written
      if let first = places[key] {
        note(
          position, length: key.unicodeScalars.count,
          "key `\(key.shown())` is written twice; the first is in line \(first.line), column \(first.column)",
          suggestion: "remove one of them")
        continue
      }
      places[key] = position
      guard let value = node(valueNode, depth: depth + 1) else { continue }
      entries.append(Document.Entry(key: key, keyPosition: position, value: value))
    }
    return entries
  }

  private mutating func refuse(_ position: Document.Position, _ message: String) {
    guard fatal.count < NodeConversion.mostProblems else { return }
    fatal.append(source.diagnostic(file: file, at: position, length: 1, message, suggestion: nil))
  }

  private mutating func note(
    _ position: Document.Position, length: Int = 1, _ message: String, suggestion: String? = nil
  ) {
    guard problems.count < NodeConversion.mostProblems else { return }
    let problem = source.diagnostic(file: file, at: position, length: length, message, suggestion: suggestion)
    if !problems.contains(problem) { problems.append(problem) }
  }

  private static let mostProblems = 20
}

extension Node {
  fileprivate var place: Document.Position {
    Document.Position(line: mark?.line ?? 1, column: mark?.column ?? 1)
  }

  /// A tag that was written; `nil` for what the resolver without rules gives everything.
  fileprivate var explicitTag: String? {
    let name = tag.description
    return [Tag.Name.str, .seq, .map, .implicit].contains { $0.rawValue == name } ? nil : name
  }
}
