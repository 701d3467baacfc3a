import FoundationEssentials
import Model
import Testing

@testable import pushrod

@Suite("Steps drawn as a graph")
struct StepGraphTests {
  private static let terminal = Terminal(isColoured: false, width: nil)

  private static func pipeline() throws -> Pipeline {
    func step(_ name: String, _ needs: [String]? = nil) -> Step {
      var step = Step(name: name, run: "true")
      step.needs = needs
      return step
    }
    return Pipeline(
      name: "shop", repository: try RepositoryURL("https://example.org/shop"),
      triggers: Triggers(push: nil, manual: true),
      steps: [
        step("test"), step("lint", []), step("docs", []), step("build", ["test", "lint"]), step("live"),
        step("publish", ["docs"]),
      ],
      onFailure: [step("collect")], finally: [step("tidy")])
  }

  @Test("each step stands below what it needs, and says what that is where it is not all that stands above it")
  func file() throws {
    #expect(
      StepGraph(try Self.pipeline()).lines(Self.terminal).joined(separator: "\n") == """
          ┌ ○ test
          ├ ○ lint
          └ ○ docs
          │
          ┌ ○ build    needs test, lint
          └ ○ publish  needs docs
          │
          ─ ○ live     needs build

        on_failure
          ─ ○ collect

        finally
          ─ ○ tidy
        """)
  }

  @Test("a run's steps have their states")
  func run() throws {
    let at = Date(timeIntervalSince1970: 1_700_000_000)
    var allowed = RunEvent(at: at, event: .stepFinished, step: 2, stepState: .failed, allowedFailure: true)
    allowed.usage = .init(wall: 3, cpu: 0, peakMemory: 0, logBytes: 0)
    let events = [
      RunEvent(at: at, event: .stepStarted, step: 0), RunEvent(at: at, event: .stepStarted, step: 1), allowed,
      RunEvent(at: at, event: .stepSkipped, step: 3),
    ]
    let lines = StepGraph(try Self.pipeline(), events, isOver: false).lines(Self.terminal)
    #expect(lines[0] == "  ┌ ● test     running")
    #expect(lines[1] == "  ├ ✗ lint     failed, 3 s, allowed")
    #expect(lines[2] == "  └ – docs     skipped")
    #expect(lines[4] == "  ┌ ○ build    waiting, needs test, lint")
    let over = StepGraph(try Self.pipeline(), events, isOver: true).nodes.map(\.state)
    #expect(over == ["never ended", "failed", "skipped", "not run", "not run", "not run", "not run", "not run"])
  }
}
