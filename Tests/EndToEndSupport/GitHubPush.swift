/// The fields of GitHub's push payload that matter, as GitHub spells them.
public struct GitHubPush {
  public var cloneURL: String
  public var repository = "acme/shop"
  public var ref = "refs/heads/main"
  public var before = String(repeating: "0", count: 40)
  public var after: String
  public var message = "A change"

  public init(
    cloneURL: String, repository: String = "acme/shop", ref: String = "refs/heads/main",
    before: String = String(repeating: "0", count: 40), after: String, message: String = "A change"
  ) {
    self.cloneURL = cloneURL
    self.repository = repository
    self.ref = ref
    self.before = before
    self.after = after
    self.message = message
  }

  public var json: String {
    """
    {"ref":"\(ref)","before":"\(before)","after":"\(after)","created":\(before.allSatisfy { $0 == "0" }),\
    "deleted":\(after.allSatisfy { $0 == "0" }),"forced":false,"compare":"",\
    "repository":{"id":1,"full_name":"\(repository)","clone_url":"\(cloneURL)","html_url":"\(cloneURL)"},\
    "pusher":{"name":"ann","email":"ann@example.org"},"commits":[],\
    "head_commit":{"id":"\(after)","message":"\(message)"}}
    """
  }
}
