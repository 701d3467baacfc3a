public import Model

/// `GET /api/tokens`: in the order they were made.
public struct TokenList: Codable, Sendable {
  public var tokens: [Token]

  public init(tokens: [Token]) { self.tokens = tokens }
}
