/// The full name of a Git reference, such as `refs/heads/main`, checked by the rules of
/// `git check-ref-format(1)`.
///
/// A value of this type holds no control character of ASCII (Git lets others through), no space, no `..`, no
/// `~^:?*[\`, and does not start with a dash in any component, so it can neither leave a folder nor pass for an option.
public struct RefName: Hashable, Sendable, CustomStringConvertible {
  public let full: String

  /// `refs/heads/main`, what a branch is called that nobody named.
  static let main = RefName(wellFormed: "refs/heads/main")

  private init(wellFormed full: String) { self.full = full }

  /// - Returns: `nil` unless `full` starts with `refs/` and is well formed. At most 1,024 bytes.
  public init?(_ full: String) {
    guard full.utf8.starts(with: "refs/".utf8), RefName.isWellFormed(full) else { return nil }
    self.full = full
  }

  /// `name` as people type it: `main` becomes `refs/heads/main`; `refs/…` and `tags/…` are kept as said.
  public init?(userTyped name: String) {
    if name.utf8.starts(with: "refs/".utf8) {
      self.init(name)
    } else if name.utf8.starts(with: "tags/".utf8) || name.utf8.starts(with: "heads/".utf8) {
      self.init("refs/" + name)
    } else {
      self.init("refs/heads/" + name)
    }
  }

  /// The branch's name, where this is a branch.
  public var branch: String? { name(in: "refs/heads/") }

  /// The tag's name, where this is a tag.
  public var tag: String? { name(in: "refs/tags/") }

  private func name(in folder: String) -> String? {
    full.utf8.starts(with: folder.utf8) ? String(full.unicodeScalars.dropFirst(folder.utf8.count)) : nil
  }

  /// The name without its `refs/heads/` or `refs/tags/`.
  public var short: String { branch ?? tag ?? full }

  public var description: String { full }

  /// Compares bytes and not characters: `-` and a combining accent are one character to Swift and still a leading
  /// dash to every program.
  static func isWellFormed(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count <= 1024, bytes.last != UInt8(ascii: "."), !contains(bytes, ".", "."),
      !contains(bytes, "@", "{")
    else { return false }
    for byte in bytes {
      switch byte {
      case 0...0x20, 0x7f: return false
      case UInt8(ascii: "~"), UInt8(ascii: "^"), UInt8(ascii: ":"), UInt8(ascii: "?"),
        UInt8(ascii: "*"), UInt8(ascii: "["), UInt8(ascii: "\\"):
        return false
      default: continue
      }
    }
    return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
      guard let first = part.first else { return false }
      return first != UInt8(ascii: ".") && first != UInt8(ascii: "-") && !part.suffix(5).elementsEqual(".lock".utf8)
    }
  }

  private static func contains(_ bytes: [UInt8], _ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
    zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: first) && $1 == UInt8(ascii: second) }
  }
}

extension RefName: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let name = RefName(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not a reference name"))
    }
    self = name
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(full)
  }
}
