public import Model

/// Who may come in over TCP, and the record of what was done: what the API needs besides `AgentControl`.
public protocol AccessControl: Sendable {
  /// The token of this text, where there is one that counts now. Never waits for the disk: the caller is anybody.
  func token(for text: String) -> Token?

  /// Whether a token that was found counts still: for answers that take long.
  func stillCounts(_ token: Token) -> Bool

  /// Makes a token. Durable, with its line in the audit log, when it returns.
  /// - Throws: `ControlError.conflict` for a name that is taken, `.invalid` for one that cannot be used.
  func createToken(_ wish: TokenWish, by person: Person) async throws -> NewToken

  /// In the order they were made.
  func tokens() async throws -> [Token]

  /// From its return on the token is refused.
  /// - Throws: `ControlError.notFound`.
  func removeToken(named name: String, by person: Person) async throws

  /// Newest first. `before` is an entry's number.
  func audit(before: Int?, limit: Int) async throws -> [AuditEntry]
}

/// A token that somebody asks for.
public struct TokenWish: Codable, Sendable {
  /// Letters, digits, `.`, `_` and `-`, at most 64; one is found where it is left out.
  public var name: String?
  public var scope: Scope
  /// After how long it ends; never where it is left out.
  public var expiresIn: Seconds?

  public init(name: String?, scope: Scope, expiresIn: Seconds?) {
    self.name = name
    self.scope = scope
    self.expiresIn = expiresIn
  }

  /// Why nobody is given such a token, whichever there are; `nil` where it can be made.
  public var mistake: String? {
    if let name, !TokenWish.isName(name) {
      return "a token's name is 1 to 64 letters, digits, `.`, `_` and `-`, and begins with a letter or a digit."
    }
    if let time = expiresIn, !(time.value >= 1 && time.value <= 100 * 365 * 86_400) {
      return "a token can end after 1 second to 100 years."
    }
    return nil
  }

  private static func isName(_ text: String) -> Bool {
    func isLetterOrDigit(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    guard (1...64).contains(text.utf8.count), text.utf8.first.map(isLetterOrDigit) == true else { return false }
    return text.utf8.allSatisfy { isLetterOrDigit($0) || ".-_".utf8.contains($0) }
  }
}

/// A token that was just made: the one moment when its text is known.
public struct NewToken: Codable, Sendable {
  /// `pushrod_` and 43 letters. A secret.
  public var text: String
  public var token: Token

  public init(text: String, token: Token) {
    self.text = text
    self.token = token
  }
}
