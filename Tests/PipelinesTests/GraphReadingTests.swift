import Model
import Testing

@testable import Pipelines

@Suite("Reading needs, when and retry")
struct GraphReadingTests {
  @Test("the words of a step are read")
  func words() throws {
    let read = try minimal(
      "parallel: 2\non_failure: [{run: collect, when: {branch: main}}]",
      steps: """

          - name: test
            run: make test
            retry: {times: 3, wait: 1m, backoff: 1.5}
          - name: lint
            needs: []
            run: make lint
            retry: 2
          - name: ship
            needs: [test, lint]
            run: ./ship
            when: {branch: [main, "release/**"], event: push, path: ["src/**", "!**/*.md"], status: [succeeded, failed]}
            interruptible: false
            detach: true
          - {run: last, needs: ship, when: {tag: "v*"}}
        """)
    #expect(read.parallel == 2)
    #expect(read.steps.map(\.needs) == [nil, [], ["test", "lint"], ["ship"]])
    #expect(read.steps[0].retry == Retry(times: 3, wait: 60, backoff: 1.5))
    #expect(read.steps[1].retry == Retry(times: 2))
    #expect(
      read.steps[2].when
        == StepCondition(
          branches: ["main", "release/**"], events: [.push], paths: ["src/**", "!**/*.md"],
          statuses: [.succeeded, .failed]))
    #expect(read.steps[2].isInterruptible == false)
    #expect(read.steps[2].isDetached == true)
    #expect(read.steps[3].when == StepCondition(tags: ["v*"]))
    #expect(read.onFailure?.map(\.when) == [StepCondition(branches: ["main"])])
    #expect(try minimal().steps[0].needs == nil)
    #expect(try minimal().onFailure == nil)
  }

  @Test("a step may ask in place of running something; what would be about running does not go with it")
  func approvals() throws {
    let read = try minimal(
      steps:
        "[{name: go, needs: [], approval: {ask: \"Deploy?\", timeout: 2h}, when: {branch: main}}, {approval: \"Sure?\"}]"
    )
    #expect(read.steps[0].approval == Approval(ask: "Deploy?", timeout: 7200))
    #expect(read.steps[1].approval == Approval(ask: "Sure?"))
    #expect(read.steps[1].name == "Sure?")
    #expect(read.steps.map(\.run) == ["", ""])
    let words = ["run: x", "retry: 1", "timeout: 5m", "dir: a", "allow_failure: true", "detach: true"]
    for word in words {
      let found = mistakes(steps: "[{approval: Sure?, \(word)}]")
      #expect(found.count == 1)
      #expect(found.first?.contains("does not go with `approval`: such a step runs nothing") == true, "\(found)")
    }
    #expect(
      mistakes("finally: [{approval: Sure?}]").first?.contains("`approval` is for `steps` alone: those of `finally`")
        == true)
    #expect(mistakes(steps: "[{approval: \"a\\nb\"}]").first?.contains("must be one line of 1 to 500 bytes") == true)
    #expect(mistakes(steps: "[{approval: {ask: a, timeout: 31d}}]").first?.contains("at most 720 h") == true)
  }

  @Test("a step may be named before it comes, also one that has its name from its command")
  func forward() throws {
    let read = try minimal(steps: "[{run: a, needs: [make test]}, {run: make test, needs: []}]")
    #expect(read.steps[0].needs == ["make test"])
  }

  @Test("needs that are no steps, are there twice, or name the step itself")
  func dangling() {
    #expect(
      mistakes(steps: "[{name: test, run: x}, {name: b, run: y, needs: [tset]}]") == [
        "3:57 step `b` (line 3) needs `tset`, which is no step of this pipeline | did you mean `test`?"
      ])
    #expect(
      mistakes(steps: "[{name: a, run: x}, {name: b, run: y, needs: [a, a]}]").first?.contains("needs `a` twice")
        == true)
    #expect(mistakes(steps: "[{name: a, run: x, needs: [a]}]").first?.contains("step `a` needs itself") == true)
    #expect(
      mistakes("finally: [{name: tidy, run: y}]", steps: "[{name: a, run: x, needs: [tidy]}]").first?
        .contains("needs `tidy`, which is not one of `steps` (line 4)") == true)
    #expect(
      mistakes("on_failure: [{run: y, needs: [a]}]", steps: "[{name: a, run: x}]").first?
        .contains("`needs` is for `steps` alone: those of `on_failure` go in their order") == true)
  }

  @Test("a circle is told with the places of all its steps")
  func circles() {
    let text = """
      repo: https://github.com/acme/shop.git
      on: push
      steps:
        - {name: free, run: x}
        - {name: a, run: x, needs: [c]}
        - {name: b, run: x, needs: [a]}
        - {name: c, run: x, needs: [b]}

      """
    #expect(
      mistakes(ofWhole: text) == [
        "5:31 steps wait for each other in a circle: `a` (line 5) needs `c` (line 7) needs `b` (line 6) needs `a` (line 5) | remove one of these needs"
      ])
    // All of them, beside other mistakes.
    let several = mistakes(
      steps: """
        [{name: a, run: x, needs: [b]}, {name: b, run: x, needs: [a]}, {name: c, run: x, needs: [d, none]},
          {name: d, run: x, needs: [c]}]
        """)
    #expect(several.count == 3, "\(several)")
    #expect(several.count { $0.contains("in a circle") } == 2, "\(several)")
    let implied = mistakes(steps: "[{name: a, run: x, needs: [b]}, {name: b, run: y}]")
    #expect(implied.first?.contains("`a` (line 3) needs `b` (line 3) needs `a` (line 3)") == true)
    #expect(implied.first?.contains("a step without `needs` comes after the one above it") == true)
  }

  @Test(
    "mistakes in conditions and repetitions",
    arguments: [
      ("when: {brunch: main}", "did you mean `branch`?"), ("when: {event: pusch}", "did you mean `push`?"),
      ("when: {event: poll}", "must be push, webhook, schedule, manual, not `poll`"),
      ("when: {status: green}", "must be succeeded, failed, not `green`"), ("when: {}", "asks for nothing"),
      ("when: main", "a mapping such as {branch: main}"), ("when: {path: src/}", "write `src/**`"),
      ("when: {branch: refs/heads/main}", "write `main`"), ("when: {tag: \"refs/tags/v*\"}", "write `v*`"),
      ("when: {branch: \"[\"}", "cannot be read"), ("cache: {key: a, paths: ~/.npm}", "begins with `~`"),
      ("retry: 11", "a whole number from 1 to 10"),
      ("retry: {wait: 5s}", "has no `times`"), ("retry: {times: 1, wait: 2h}", "at most 1 h"),
      ("retry: {times: 1, wait: 1s, backoff: 11}", "a number from 1 to 10"),
      ("retry: {times: 1, backoff: 2}", "multiplies `wait`"), ("detach: yes", "write true"),
    ])
  func mistakesInWords(key: String, words: String) {
    let found = mistakes(steps: "[{run: x, \(key)}]")
    #expect(found.count == 1)
    #expect(found.first?.contains(words) == true, "\(found)")
  }
}
