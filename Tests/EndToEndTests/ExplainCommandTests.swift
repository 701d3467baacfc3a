import Foundation
import TestSupport
import Testing

/// `pushrod explain` as people and scripts call it.
@Suite("pushrod explain")
struct ExplainCommandTests {
  private let area: TemporaryDirectory

  init() throws {
    area = try TemporaryDirectory("explain")
    try area.write("pipelines/site.yml", pipeline("site", repository: "git@github.com:acme/shop.git", branch: "main"))
    try area.write("pipelines/docs.yml", pipeline("docs", repository: "https://github.com/acme/shop", branch: "docs"))
    try area.write("pipelines/other.yml", pipeline("other", repository: "https://github.com/acme/x", branch: "main"))
    try area.write("push.json", payload)
  }

  private let payload = """
    {"ref": "refs/heads/main", "before": "\(String(repeating: "1", count: 40))",
     "after": "\(String(repeating: "2", count: 40))", "created": false, "deleted": false, "forced": true,
     "repository": {"full_name": "acme/shop", "clone_url": "https://github.com/acme/shop.git"},
     "pusher": {"name": "ada"}, "head_commit": {"message": "Sell \\u001b[31mmore"}}
    """

  private func pipeline(_ name: String, repository: String, branch: String) -> String {
    "name: \(name)\nrepo: \(repository)\non: { push: { branches: [\(branch)] } }\nsteps: [make]\n"
  }

  private func explain(event: String = "push", body: String = "push.json", _ more: [String]) throws -> CommandResult {
    try area.write("headers", "X-GitHub-Event: \(event)\nX-GitHub-Delivery: d-1\nContent-Type: application/json\n")
    return try run(
      [
        builtExecutable("pushrod"), "explain", "--sender", "github", "--headers", area.file("headers"), "--body",
        area.file(body),
      ] + more, in: area.path)
  }

  @Test("a push is told field by field, and every pipeline says whether it would start and why")
  func push() throws {
    let result = try explain(["--pipelines", area.file("pipelines"), "--json"])
    #expect(result.status == 0, "\(result.errorOutput)")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(result.stdout)) as? [String: Any])
    #expect(json["event"] as? String == "push")
    #expect(json["id"] as? String == "d-1")
    #expect(json["reason"] is NSNull)
    let push = try #require(json["push"] as? [String: Any])
    #expect(push["repository"] as? String == "acme/shop")
    #expect(push["ref"] as? String == "refs/heads/main")
    #expect(push["before"] as? String == String(repeating: "1", count: 40))
    #expect(push["after"] as? String == String(repeating: "2", count: 40))
    #expect(push["created"] as? Bool == false)
    #expect(push["deleted"] as? Bool == false)
    #expect(push["forced"] as? Bool == true)
    #expect(push["pusher"] as? String == "ada")
    let pipelines = try #require(json["pipelines"] as? [[String: Any]])
    #expect(pipelines.map { $0["pipeline"] as? String } == ["docs", "other", "site"])
    #expect(pipelines.map { $0["starts"] as? Bool } == [false, false, true])
    #expect(pipelines[0]["reason"] as? String == "branch \"main\" not in [docs]")
  }

  @Test("people get the same in lines, and nothing that a terminal would obey")
  func text() throws {
    let result = try explain(["--pipelines", area.file("pipelines")])
    #expect(result.output.contains("repository acme/shop"))
    #expect(result.output.contains("refs/heads/main (forced)"))
    #expect(result.output.contains("site   starts: branch \"main\" matches \"main\""))
    #expect(!result.stdout.contains(0x1b))
  }

  @Test("a push of several refs is told whole, and any of them may start a pipeline")
  func several() throws {
    let state = { (name: String) in
      #"{"type": "branch", "name": "\#(name)", "target": {"hash": "\#(String(repeating: "2", count: 40))"}}"#
    }
    try area.write(
      "body",
      """
      {"actor": {"nickname": "ada"}, "repository": {"full_name": "acme/shop"},
       "push": {"changes": [{"old": null, "new": \(state("other"))}, {"old": null, "new": \(state("main"))}]}}
      """)
    try area.write("headers", "X-Event-Key: repo:push")
    try area.write("several/a.yml", pipeline("a", repository: "git@bitbucket.org:acme/shop.git", branch: "main"))
    try area.write("several/b.yml", pipeline("b", repository: "git@bitbucket.org:acme/shop.git", branch: "none"))
    let result = try run(
      [
        builtExecutable("pushrod"), "explain", "--sender", "bitbucket", "--headers", area.file("headers"), "--body",
        area.file("body"), "--pipelines", area.file("several"), "--json",
      ], in: area.path)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(result.stdout)) as? [String: Any])
    #expect((json["push"] as? [String: Any])?["ref"] as? String == "refs/heads/other")
    #expect(
      (json["pushes"] as? [[String: Any]])?.map { $0["ref"] as? String } == ["refs/heads/other", "refs/heads/main"])
    #expect((json["pipelines"] as? [[String: Any]])?.map { $0["starts"] as? Bool } == [true, false])
    #expect(json["reason"] is NSNull)
  }

  @Test("what no push is, is null, with the reason")
  func otherEvent() throws {
    let result = try explain(event: "ping", ["--pipelines", area.file("pipelines"), "--json"])
    #expect(result.status == 0)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(result.stdout)) as? [String: Any])
    #expect(json["push"] is NSNull)
    #expect(json["reason"] as? String == "ping")
    #expect((json["pipelines"] as? [[String: Any]])?.allSatisfy { $0["starts"] as? Bool == false } == true)
  }

  @Test("the configuration names the pipelines; one that cannot be read is wrong use")
  func configuration() throws {
    try area.write("pushrod.yml", "pipelines: pipelines\n")
    let named = try explain(["--config", area.file("pushrod.yml")])
    #expect(named.output.contains("site   starts"), "\(named.errorOutput)")
    #expect(try explain(["--config", area.file("none.yml")]).status == 2)
    try area.write("pipelines/broken.yml", "nmae: x\n")
    let broken = try explain(["--config", area.file("pushrod.yml")])
    #expect(broken.status == 2)
    #expect(broken.errorOutput.contains("broken.yml:1"))
  }

  @Test("a payload that cannot be read is exit 1 with the field's name")
  func unreadable() throws {
    try area.write("bad.json", payload.replacing("refs/heads/main", with: "main"))
    let result = try explain(body: "bad.json", ["--pipelines", area.file("pipelines"), "--json"])
    #expect(result.status == 1)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(result.stdout)) as? [String: Any])
    #expect((json["error"] as? String)?.contains("`ref`") == true)
    #expect(json["push"] is NSNull)
  }
}
