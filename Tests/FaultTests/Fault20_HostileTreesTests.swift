import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 20: hostile trees")
struct Fault20_HostileTreesTests {
  private static func agent(_ url: String, steps: String = "['true']") throws -> AgentUnderTest {
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(url)
        on: { push: { branches: [main] } }
        steps: \(steps)
        """
      ], settings: "limits: { tree_entries: 1000, tree_bytes: 1M }", name: "fault20")
    try agent.start()
    return agent
  }

  private static func deploy(_ agent: AgentUnderTest, _ url: String, _ commit: String) throws -> ShownRun {
    let run = try #require(try agent.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    return try agent.finished(run)
  }

  /// Every name below a folder with its kind, permissions, owner and time.
  private static func picture(_ folder: String) throws -> String {
    try runChecked(["sh", "-c", "find . -path ./.git -prune -o -printf '%p %y %m %u %s %T@ %l\\n' | sort"], in: folder)
  }

  @Test("each is refused with its reason before a file is written")
  func refused() throws {
    let origin = try GitRepository()
    let good = try origin.commit("good", "1")
    let daemon = try GitDaemon(root: origin.folder)
    let url = daemon.url("repository")
    let agent = try Self.agent(url)
    #expect(try Self.deploy(agent, url, good).run.state == .succeeded)
    let workspace = agent.area.file("data/workspaces/shop")
    let before = try Self.picture(workspace)

    let blob = try origin.store("blob", Array("#!/bin/sh\necho owned\n".utf8))
    let folder = try origin.storeTree([("100644", "config", blob)])
    let outside = try origin.store("blob", Array("/etc".utf8))
    let large = try origin.store("blob", [UInt8](repeating: 0x61, count: 1 << 19))
    func tree(_ entries: (String, String, String)...) throws -> String {
      try origin.storeTree(entries.map { (mode: $0.0, name: $0.1, id: $0.2) })
    }
    let cases: [(tree: String, says: String)] = [
      (try tree(("104755", "setuid", blob)), "\"setuid\""),
      (try tree(("101755", "sticky", blob)), "\"sticky\""),
      (try tree(("40000", ".git", folder)), ".git"),
      (try tree(("40000", ".GIT", folder)), ".GIT"),
      (try tree(("40000", ".g\u{200c}it", folder)), "Nothing was written"),
      (try tree(("40000", "git~1", folder)), "git~1"),
      (try tree(("40000", ".git ", folder)), ".git "),
      (try tree(("40000", "..", folder)), "Nothing was written"),
      (try tree(("100644", "a/b", blob)), "Nothing was written"),
      (try tree(("120000", "x", outside), ("40000", "x", folder)), "twice"),
      (try tree(("120000", ".gitmodules", outside)), ".gitmodules"),
      (try tree(("100644", "1", large), ("100644", "2", large), ("100644", "3", large)), "limit `bytes`"),
      (try origin.storeTree((1000..<2100).map { ("100644", "f\($0)", blob) }), "more than 1000 files"),
      (
        try (0..<8).reduce(folder) { below, _ in try origin.storeTree((10..<20).map { ("40000", "d\($0)", below) }) },
        "more than 1000 files"
      ),
      (
        try (0..<300).reduce(folder) { below, _ in try origin.storeTree([("40000", "d", below)]) },
        "nested too deeply"
      ),
    ]
    for (tree, says) in cases {
      let commit = try origin.commit(tree: tree)
      let shown = try Self.deploy(agent, url, commit)
      #expect(shown.run.state == .failed)
      #expect(shown.run.reason?.contains(says) == true, "\(says): \(shown.run.reason ?? "")")
      #expect(!shown.steps.contains { $0.step == 1 })
      #expect(try Self.picture(workspace) == before, "\(says)")
    }
    let fine = try origin.commit(tree: try tree(("100644", "fine", blob)))
    #expect(try Self.deploy(agent, url, fine).run.state == .succeeded)
  }

  @Test("links out of the workspace, of a commit or of a step, are removed and never followed")
  func links() throws {
    let outside = try TemporaryDirectory("outside")
    try outside.write("target/deep/file", "keep me\n")
    let origin = try GitRepository()
    var commits: [String] = []
    for _ in 0..<2 {
      for (name, target) in [("dir", outside.file("target")), ("up", "../../../.."), ("etc", "/etc")] {
        try FileManager.default.createSymbolicLink(atPath: "\(origin.path)/\(name)", withDestinationPath: target)
      }
      commits.append(try origin.commit("links"))
      try origin.git("rm", "--quiet", "dir", "up", "etc")
      commits.append(try origin.commit("dir/deep/file", "in the commit\n"))
      commits.append(try origin.commit("the same once more"))
      try FileManager.default.removeItem(atPath: "\(origin.path)/dir")
    }
    // What a step leaves: links beside, in place of and below what the commit has; a folder closed to its owner.
    let agent = try Self.agent(
      origin.url,
      steps: """

          - run: |
              ln -s \(outside.file("target")) made
              mkdir -p left/over && ln -s \(outside.path) left/over/link
              if [ -d dir ] && [ ! -L dir ]; then rm -rf dir; ln -s \(outside.file("target")) dir; fi
              chmod 000 left/over
        """)
    let before = try Self.picture(outside.path)
    for commit in commits {
      let shown = try Self.deploy(agent, origin.url, commit)
      #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
      #expect(try Self.picture(outside.path) == before)
    }
  }
}
