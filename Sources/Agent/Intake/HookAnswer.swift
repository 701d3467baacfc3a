/// What the sender is told.
public struct HookAnswer: Sendable, Hashable {
  public var status: Int
  /// A JSON object. The same for every cause of a refused signature.
  public var body: String
  /// Seconds, with a 429 and a 503.
  public var retryAfter: Int?

  public init(status: Int, body: String, retryAfter: Int? = nil) {
    self.status = status
    self.body = body
    self.retryAfter = retryAfter
  }
}
