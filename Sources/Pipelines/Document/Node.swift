import Model

extension Document {
  /// A place in the file; both numbers count from 1, columns in Unicode scalars.
  public struct Position: Sendable, Hashable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  /// One value of the file with its place.
  public struct Node: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
      /// Text as written, without quotes. Nothing is guessed from its looks: `on`, `1.10` and `yes` stay text
      /// until somebody asks for a number or a truth value.
      case scalar(String, quoted: Bool)
      case list([Node])
      case mapping([Entry])
    }

    public var content: Content
    public var position: Position

    public init(_ content: Content, at position: Position) {
      self.content = content
      self.position = position
    }

    /// Nothing was written (`key:`), or `~`, or `null`.
    public var isNull: Bool {
      guard case .scalar(let text, quoted: false) = content else { return false }
      return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What stands here, in words: "a list", "`yes`", "nothing".
    var words: String {
      if isNull { return "nothing" }
      return switch content {
      case .scalar(let text, let quoted):
        quoted ? "the text \"\(text.shown(limit: 60))\"" : "`\(text.shown(limit: 60))`"
      case .list: "a list"
      case .mapping: "a mapping"
      }
    }
  }

  /// One `key: value` of a mapping.
  public struct Entry: Sendable, Hashable {
    public var key: String
    public var keyPosition: Position
    public var value: Node

    public init(key: String, keyPosition: Position, value: Node) {
      self.key = key
      self.keyPosition = keyPosition
      self.value = value
    }
  }
}
