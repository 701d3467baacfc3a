/// The fields of GitHub's push payload that matter, as GitHub spells them.
struct GitHubPush {
  var cloneURL: String
  var repository = "acme/shop"
  var ref = "refs/heads/main"
  var before = String(repeating: "0", count: 40)
  var after: String
  var message = "A change"

  var json: String {
    """
    {"ref":"\(ref)","before":"\(before)","after":"\(after)","created":\(before.allSatisfy { $0 == "0" }),\
    "deleted":\(after.allSatisfy { $0 == "0" }),"forced":false,"compare":"",\
    "repository":{"id":1,"full_name":"\(repository)","clone_url":"\(cloneURL)","html_url":"\(cloneURL)"},\
    "pusher":{"name":"ann","email":"ann@example.org"},"commits":[],\
    "head_commit":{"id":"\(after)","message":"\(message)"}}
    """
  }
}
