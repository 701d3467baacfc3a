import Foundation
import TestSupport
import Testing

/// `pushrod check` on files, as people and their CI call it.
@Suite("pushrod check")
struct CheckCommandTests {
  private let area: TemporaryDirectory

  init() throws {
    area = try TemporaryDirectory("check")
    try area.write(
      "shop.yml",
      """
      repo: https://github.com/acme/shop.git
      on: push
      secrets: [TOKEN]
      steps:
        - run: |
            curl --fail https://x.example/install.sh | sh
            curl -H "Authorization: $TOKEN" https://x.example/
      """)
    try area.write("docs.yml", "repo: git@example.org:a/b.git\non: push\ntimeout: 5m\nsteps: [make]\n")
  }

  @Test("the file of a repository is checked as such")
  func repositoryFile() throws {
    try area.write(".pushrod.yml", "steps: [make, {run: ship, needs: [make]}]\nfinally: [tidy]\n")
    try area.write("bad.yml", "secrets: [A]\nsteps: [{run: x, user: root}]\n")
    let program = builtExecutable("pushrod")
    let good = try run([program, "check", "--repository", ".pushrod.yml"], in: area.path)
    #expect(good.status == 0 && good.output == "ok  .pushrod.yml: file of a repository, 3 steps", "\(good.output)")
    let bad = try run([program, "check", "--repository", "bad.yml"], in: area.path)
    #expect(
      bad.status == 1 && bad.output.contains("bad.yml:1:1:") && bad.output.hasSuffix("2 mistakes"), "\(bad.output)")
    #expect(try run([program, "check", "--repository"], in: area.path).status == 2)
    #expect(try run([program, "check", "--repository", "none.yml"], in: area.path).status == 2)
  }

  @Test("what lies among the pipelines and is none is noted, and so is a folder without any")
  func passedOver() throws {
    try area.write("github.secret", String(repeating: "s", count: 32), mode: 0o600)
    try area.write("pushrod.yml", "sources: {github: {sender: github, secrets: {file: github.secret}}}\n")
    try area.write("pipelines/web.YML", "repo: git@example.org:a/b.git\non: push\nsteps: [make]\n")
    try area.write("pipelines/README.md", "")
    func check() throws -> String {
      let result = try run([builtExecutable("pushrod"), "check", "--config", "pushrod.yml"], in: area.path)
      #expect(result.status == 0, "\(result.output)")
      return result.output
    }
    let folder = area.file("pipelines")
    let other = "note: \(folder)/web.YML is no pipeline: its name does not end in .yml or .yaml"
    let none = "note: there is no pipeline: \(folder) has no file whose name ends in .yml or .yaml"
    #expect(try check().hasSuffix("\(none)\n\(other)"))
    try area.write("pipelines/shop.yml", "repo: git@example.org:a/b.git\non: push\nsteps: [make]\n")
    let output = try check()
    #expect(output.hasSuffix("pipeline shop, 1 step\n\(other)"), "\(output)")
    #expect(!output.contains("README"))
  }

  @Test("advice is given when asked for, with place and caret, and then fails the check")
  func strict() throws {
    let program = builtExecutable("pushrod")
    let plain = try run([program, "check", "shop.yml", "docs.yml"], in: area.path)
    #expect(plain.status == 0)
    #expect(plain.output == "ok  shop.yml: pipeline shop, 1 step\nok  docs.yml: pipeline docs, 1 step")
    let strict = try run([program, "check", "--strict", "shop.yml", "docs.yml"], in: area.path)
    #expect(strict.status == 1)
    #expect(strict.output.contains("shop.yml:5:5: step `curl --fail"))
    #expect(
      strict.output.contains(
        "   7 |       curl -H \"Authorization: $TOKEN\" https://x.example/\n     |                               ^^^^^^ pipe it:"
      ),
      "\(strict.output)")
    #expect(strict.output.hasSuffix("3 findings"))
    #expect(try run([program, "check", "--strict", "docs.yml"], in: area.path).status == 0)
  }

  @Test("JSON has the advice beside the mistakes, where it was asked for")
  func json() throws {
    let program = builtExecutable("pushrod")
    func object(_ arguments: [String]) throws -> [String: Any]? {
      let result = try run([program, "check", "--json"] + arguments, in: area.path)
      return try JSONSerialization.jsonObject(with: Data(result.stdout)) as? [String: Any]
    }
    #expect(try object(["shop.yml"])?["advice"] == nil)
    let strict = try object(["--strict", "shop.yml"])
    #expect((strict?["advice"] as? [Any])?.count == 3)
    #expect(strict?["valid"] as? Bool == true)
  }
}
