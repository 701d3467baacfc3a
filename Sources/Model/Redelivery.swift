/// Which webhook at GitHub the agent looks after: deliveries of it that failed are asked for again.
public struct Redelivery: Hashable, Sendable {
  /// `owner/name`.
  public var repository: String
  /// May read and write the repository's webhooks.
  public var token: Secret
  /// GitHub's API, `https://api.github.com` or that of a server of one's own. Without a query.
  public var api: WebAddress
  /// GitHub's number of the webhook; `nil`: the one that posts to the source's own address.
  public var hook: Int?

  public init(repository: String, token: Secret, api: WebAddress, hook: Int? = nil) {
    self.repository = repository
    self.token = token
    self.api = api
    self.hook = hook
  }
}
