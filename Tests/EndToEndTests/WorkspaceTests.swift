import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// `workspace` of a pipeline file, in the hands of the real agent and runner.
@Suite("The workspace of a pipeline")
struct WorkspaceTests {
  @Test("is as the file says: some folders, and what is ignored stays")
  func rule() throws {
    let repository = try GitRepository()
    for (path, text) in [("web/index.html", "1"), ("docs/a", "2"), ("README", "3"), (".gitignore", "built/\n")] {
      try repository.write(path, text)
    }
    try repository.commit("one")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        repo: file://\(repository.path)
        on: { push: { branches: [main] }, manual: true }
        workspace: { clean: ignored-kept, sparse: [web/**] }
        steps:
          - ls; cat web/built/n || true; git status --porcelain; mkdir -p web/built left; echo again > web/built/n; touch left/x
        """
      ], name: "workspace")
    try agent.start()
    for (number, expected) in [(1, "README\nweb\n"), (2, "README\nweb\nagain\n")] {
      let ran = try agent.pushrod("run", "shop")
      #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
      #expect(
        try agent.stepLog(number, "01-").replacing("cat: web/built/n: No such file or directory\n", with: "")
          == expected)
    }
  }
}
