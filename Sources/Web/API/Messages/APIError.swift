/// The body of every answer that is not a success.
public struct APIError: Codable, Sendable {
  public struct Detail: Codable, Sendable {
    /// For programs: `not_found`, `conflict`, `invalid`, `unavailable`, …
    public var code: String
    /// A sentence for people.
    public var message: String

    public init(code: String, message: String) {
      self.code = code
      self.message = message
    }
  }

  public var error: Detail

  public init(error: Detail) { self.error = error }
}
