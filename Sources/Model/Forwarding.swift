/// Which webhook the agent makes for itself at GitHub, to be handed its deliveries over a WebSocket.
public struct Forwarding: Hashable, Sendable {
  /// `owner/name`.
  public var repository: String
  /// May administer the repository's webhooks.
  public var token: Secret
  /// GitHub's words: `push`, …; never empty.
  public var events: [String]
  /// GitHub's API, `https://api.github.com` or that of a server of one's own. Without a query.
  public var api: WebAddress
  /// GitHub signs with it.
  public var secret: Secret

  public init(repository: String, token: Secret, events: [String], api: WebAddress, secret: Secret) {
    self.repository = repository
    self.token = token
    self.events = events
    self.api = api
    self.secret = secret
  }
}
