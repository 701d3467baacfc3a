import Yams

/// From bytes to a `Document`: limits, then Yams, then what YAML allows and a file here may not have.
struct DocumentParser {
  private let file: String
  private let limits: Document.Limits
  private let text: String
  private let source: SourceLines

  /// Checks everything that can be checked without knowing YAML.
  init(_ bytes: [UInt8], file: String, limits: Document.Limits) throws(Diagnostics) {
    self.file = file
    self.limits = limits
    guard bytes.count <= limits.bytes else {
      throw Diagnostics(file: file, "the file has \(bytes.count) bytes, more than the \(limits.bytes) that are read")
    }
    let content = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
    guard let text = String(validating: content, as: UTF8.self) else {
      let line = DocumentParser.lineOfInvalidUTF8(content)
      throw Diagnostics([
        Diagnostic(
          file: file, line: line, column: 1, message: "the line is not UTF-8 text", suggestion: "save the file as UTF-8"
        )
      ])
    }
    self.text = text
    source = SourceLines(text)
    if let position = DocumentParser.firstUnprintable(in: text) {
      throw Diagnostics([
        source.diagnostic(file: file, at: position, length: 1, "control characters are not allowed", suggestion: nil)
      ])
    }
    if let excess = ExpansionBudget.excess(in: content) {
      let position = DocumentParser.position(ofByte: excess.offset, in: text)
      throw Diagnostics([
        source.diagnostic(file: file, at: position, length: 1, excess.message, suggestion: nil)
      ])
    }
  }

  func document() throws(Diagnostics) -> Document {
    var composition = KeyDeduplicator(text)
    let composed: KeyDeduplicator.Composition
    do {
      composed = try composition.compose()
    } catch {
      throw Diagnostics([SyntaxError.diagnostic(for: error, file: file, source: source)])
    }
    guard let root = composed.root else {
      throw Diagnostics(file: file, "the file is empty")
    }
    var conversion = NodeConversion(file: file, source: source, limits: limits, replaced: composed.replacedKeys)
    // The parser owns the anchors, of which nodes hold only weak references.
    let node = withExtendedLifetime(composed.parser) { conversion.node(root, depth: 1) }
    guard let node, conversion.fatal.isEmpty else {
      throw Diagnostics((conversion.fatal + conversion.problems).inFileOrder)
    }
    return Document(file: file, root: node, problems: conversion.problems, source: source)
  }

  private static func lineOfInvalidUTF8(_ bytes: [UInt8]) -> Int {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
  }

  /// What libyaml's reader refuses, found here so that it has a place. (YAML 1.1, section 5.1.)
  private static func firstUnprintable(in text: String) -> Document.Position? {
    var position = Document.Position(line: 1, column: 1)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0a: position = Document.Position(line: position.line + 1, column: 0)
      case 0x09, 0x0d, 0x20...0x7e, 0x85, 0xa0...0xfefe, 0xff00...0xfffd, 0x10000...: break
      default: return position
      }
      position.column += 1
    }
    return nil
  }

  private static func position(ofByte offset: Int, in text: String) -> Document.Position {
    let before = text.utf8.prefix(offset)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let onLine = before.reversed().prefix { $0 != UInt8(ascii: "\n") }
    // Continuation bytes (10xxxxxx) begin no scalar.
    return Document.Position(line: line, column: onLine.count { $0 & 0xc0 != 0x80 } + 1)
  }
}

extension [Diagnostic] {
  var inFileOrder: [Diagnostic] {
    enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
    }.map(\.element)
  }
}
