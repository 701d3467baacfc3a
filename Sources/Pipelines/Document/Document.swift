/// A YAML file, read within limits, with the place of everything in it.
///
/// Anchors, aliases, tags, merge keys and second documents are refused: nothing here needs them, and they are
/// what makes small files expensive or misread.
public struct Document: Sendable {
  /// Bounds on what is read at all.
  public struct Limits: Sendable {
    public var bytes: Int
    /// Levels of lists and mappings.
    public var depth: Int
    public var nodes: Int

    public init(bytes: Int = 256 << 10, depth: Int = 32, nodes: Int = 20_000) {
      self.bytes = bytes
      self.depth = depth
      self.nodes = nodes
    }
  }

  public let file: String
  public let root: Node
  /// Mistakes that did not keep the file from being read (keys that are written twice).
  let problems: [Diagnostic]
  let source: SourceLines

  /// Reads `bytes`, which are UTF-8.
  ///
  /// - Throws: every mistake of form, with its place.
  public static func parse(
    _ bytes: [UInt8], file: String, limits: Limits = Limits()
  ) throws(Diagnostics) -> Document {
    try DocumentParser(bytes, file: file, limits: limits).document()
  }

  /// The error that `message` is about `length` characters from `position` on.
  func diagnostic(
    at position: Position, length: Int = 1, _ message: String, suggestion: String? = nil
  ) -> Diagnostic {
    source.diagnostic(file: file, at: position, length: length, message, suggestion: suggestion)
  }
}
