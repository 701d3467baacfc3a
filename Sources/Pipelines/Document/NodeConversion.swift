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
      refuse(
        position, "anchors and aliases (`&\(name)`, `*\(name)`) are not allowed",
        suggestion: "write the value again, or quote it where `&` or `*` belongs to it")
      return nil
    }
    if let tag = node.explicitTag {
      let written = source.text(from: position).prefix { $0 != " " && $0 != "," && $0 != "]" }
      refuse(
        position, "`\(written.isEmpty ? tag.shown() : written.shown(limit: 60))` is read as a YAML tag",
        suggestion: "put it in quotes: \"\(written.shown(limit: 60))\"")
      return nil
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
      refuse(position, "aliases are not allowed", suggestion: "write the value again")
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
        refuse(position, "a key must be text")
        continue
      }
      if written == "<<", !quoted {
        refuse(position, length: 2, "merge keys (`<<`) are not allowed", suggestion: "write the values again")
        continue
      }
      let key = replaced[position] ?? written
      if let first = places[key] {
        problems.append(
          source.diagnostic(
            file: file, at: position, length: key.unicodeScalars.count,
            "key `\(key.shown())` is written twice; the first is in line \(first.line), column \(first.column)",
            suggestion: "remove one of them"))
        continue
      }
      places[key] = position
      guard let value = node(valueNode, depth: depth + 1) else { continue }
      entries.append(Document.Entry(key: key, keyPosition: position, value: value))
    }
    return entries
  }

  private mutating func refuse(
    _ position: Document.Position, length: Int = 1, _ message: String, suggestion: String? = nil
  ) {
    guard fatal.count < 20 else { return }
    fatal.append(
      source.diagnostic(file: file, at: position, length: length, message, suggestion: suggestion))
  }
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
