import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// A pipeline that asks for something, from the command line to the variables of its steps.
@Suite("Inputs of a pipeline that is started by hand")
struct InputsTests {
  @Test(
    "they are checked, reach the steps as they were typed, are shown, and stay for a rerun; a push has the defaults")
  func inputs() throws {
    let repository = try GitRepository()
    let commit = try repository.commit("a.txt", "one")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        repo: \(repository.url)
        on:
          push: {branches: [main]}
          manual:
            inputs:
              TARGET: {choices: [staging, production], default: staging, required: true, description: Where to deploy}
              DRY_RUN: {type: boolean}
              NOTE:
        env: {NOTE: nothing said}
        steps:
          - name: deploy
            run: printf '%s|%s|%s\\n' "$TARGET" "$DRY_RUN" "$NOTE"
        """
      ])
    try agent.start()

    let wrong = try agent.pushrod("run", "shop", "--input", "TARGET=prod", "--input", "DRYRUN=true")
    #expect(wrong.status == 1)
    #expect(
      wrong.errorOutput.contains(
        "pipeline `shop` has no input `DRYRUN`: did you mean `DRY_RUN`?; input `TARGET` must be one of staging, "
          + "production, not `prod`"), "\(wrong.errorOutput)")
    let missing = try agent.pushrod("run", "shop")
    #expect(missing.errorOutput.contains("input `TARGET` must be given (Where to deploy): one of staging, production"))
    #expect(try agent.pushrod("run", "shop", "--input", "TARGET").status == 2)
    let twice = try agent.pushrod("run", "shop", "--input", "NOTE=a", "--input", "NOTE=b")
    #expect(twice.errorOutput.contains("the input `NOTE` is given twice"), "\(twice.errorOutput)")

    let note = "it's $(id) = \"x\""
    let started = try agent.pushrod("run", "shop", "--input", "TARGET=production", "--input", "NOTE=\(note)")
    #expect(started.status == 0, "\(started.output) \(started.errorOutput)")
    #expect(try agent.stepLog(1, "01-") == "production|false|\(note)\n")
    let shown = try agent.pushrod("show", "1").output
    #expect(shown.contains("input    TARGET=production\n") && shown.contains("input    NOTE=\(note)\n"), "\(shown)")

    #expect(try agent.pushrod("rerun", "1").status == 0)
    #expect(try agent.stepLog(2, "01-") == "production|false|\(note)\n")

    #expect(try agent.post(GitHubPush(cloneURL: repository.url, after: commit)).status == 202)
    #expect(try agent.finished(3).run.state == .succeeded)
    #expect(try agent.stepLog(3, "01-") == "staging|false|\n")
  }
}
