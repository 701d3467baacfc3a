import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// Files with the words of the graph, through the real executables.
@Suite("A pipeline whose steps make a graph")
struct GraphPipelineTests {
  private func run(_ work: TemporaryDirectory, _ words: String) throws -> (agent: AgentUnderTest, number: Int) {
    let repository = try GitRepository()
    try repository.write("index.html", "hello")
    let commit = try repository.commit("First")
    let daemon = try GitDaemon(root: (repository.path as NSString).deletingLastPathComponent)
    let url = daemon.url("repository")
    let agent = try AgentUnderTest(pipelines: ["shop.yml": "repo: \(url)\non: {push: {branches: [main]}}\n" + words])
    try agent.start()
    let answer = try agent.post(GitHubPush(cloneURL: url, after: commit))
    let number = try #require(answer.runs.first)
    _ = try agent.finished(number)
    withExtendedLifetime(daemon) {}
    return (agent, number)
  }

  @Test("runs side by side, hands values on, tries again, skips with reasons, and shows all of it")
  func whole() throws {
    let work = try TemporaryDirectory("graph")
    let (agent, number) = try run(
      work,
      """
      parallel: 3
      steps:
        - name: test
          retry: {times: 2, wait: 100ms}
          run: |
            echo "testing, try $PUSHROD_TRY"
            [ "$PUSHROD_TRY" = 2 ]
        - name: lint
          needs: []
          run: |
            echo VERSION=1.2 >> "$PUSHROD_OUTPUT"
            touch \(work.path)/lint
            until [ -e \(work.path)/docs ]; do sleep 0.05; done
        - name: docs
          needs: []
          run: |
            touch \(work.path)/docs
            until [ -e \(work.path)/lint ]; do sleep 0.05; done
        - name: ship
          needs: [test, lint, docs]
          interruptible: false
          run: echo "shipping $VERSION"
        - name: preview
          when: {branch: dev}
          run: ./preview
      on_failure:
        - echo never
      finally:
        - name: tidy
          run: echo "$PUSHROD_STATUS $VERSION"

      """)
    let shown = try agent.showRun(number)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    #expect(try agent.stepLog(number, "04-") == "shipping 1.2\n")
    #expect(try agent.stepLog(number, "07-") == "succeeded 1.2\n")
    let text = try agent.pushrod("show", String(number)).output
    #expect(text.contains("succeeded, try 2"))
    #expect(text.contains("hands on VERSION"))
    #expect(text.contains(#"skipped: branch "main" not in [dev]"#))
    let tail = try agent.pushrod("tail", String(number))
    #expect(tail.status == 0)
    #expect(tail.output.contains("↻ test: exit 1; now try 2"))
    #expect(tail.output.contains("shipping 1.2"))
  }

  @Test("a failure starts nothing more, runs on_failure, and tells which step it was")
  func failure() throws {
    let work = try TemporaryDirectory("graph")
    let (agent, number) = try run(
      work,
      """
      steps:
        - {name: test, run: exit 3}
        - {name: ship, run: ./ship}
        - {name: undo, when: {status: failed}, run: echo undone}
      on_failure:
        - {name: collect, run: 'echo "$PUSHROD_FAILED_STEP"'}
      finally:
        - {name: mail, when: {status: failed}, run: echo mailed}

      """)
    let shown = try agent.showRun(number)
    #expect(shown.run.state == .failed)
    #expect(shown.run.reason == #"step "test" failed: exit 3"#)
    #expect(try agent.stepLog(number, "03-") == "undone\n")
    #expect(try agent.stepLog(number, "04-") == "test\n")
    #expect(try agent.stepLog(number, "05-") == "mailed\n")
    #expect(try agent.pushrod("show", String(number)).output.contains(#"skipped: step "test" did not succeed"#))
  }
}
