import Foundation
import Model
import Testing

@testable import Execution

@Suite("The limit of a log")
struct LogLimitTests {
  private static func step(_ run: String, _ limits: StepLimits) -> Step {
    var step = Step(name: "a", run: run)
    step.limits = limits
    return step
  }

  @Test("the log ends at the limit with a notice; the step goes on, and its event says what was left out")
  func cut() throws {
    let run = try RunFixture().run(
      .init(steps: [
        Self.step("seq 1 200000; touch went-on", StepLimits(log: 4096)), Step(name: "b", run: "cat went-on"),
      ]))
    #expect(run.end?.runState == .succeeded, "\(run.end?.reason ?? "")")
    let whole = (1...2000).map { "\($0)\n" }.joined()
    #expect(
      try run.log(1)
        == whole.prefix(4096) + "\npushrod: the log ends here: the step wrote more than `limits.log` of 4 KB\n")
    // 1,288,895 bytes in all.
    #expect(
      run.finished(1)?.reason
        == "the step wrote more than `limits.log` of 4 KB; 1.2 MB were left out of its log")
    #expect(run.finished(1)?.usage?.logBytes == (try run.bytes(1)).count)
  }

  @Test("with `fail` the step is ended and has failed, also where it had succeeded by then")
  func fail() throws {
    for script in ["while :; do echo more; done", "head -c 5000 /dev/zero", "trap '' TERM; yes"] {
      let run = try RunFixture().run(
        .init(steps: [Self.step(script, StepLimits(log: 4096, logEnd: .fail))], grace: 1))
      #expect(run.finished(1)?.stepState == .failed, "\(script)")
      #expect(
        run.end?.reason == #"step "a" failed: the step wrote more than `limits.log` of 4 KB"#,
        "\(run.end?.reason ?? "")")
      #expect(try run.bytes(1).count < 4096 + 200)
    }
  }

  @Test("a log that is exactly as long as it may be is whole")
  func exact() throws {
    let run = try RunFixture().run(
      .init(steps: [Self.step("head -c 4096 /dev/zero", StepLimits(log: 4096, logEnd: .fail))]))
    #expect(run.end?.runState == .succeeded)
    #expect(try run.bytes(1).count == 4096)
    #expect(run.finished(1)?.reason == nil)
  }

  @Test("no character is cut in two, and what is no text is cut where it is", arguments: 1...12)
  func characters(room: Int) {
    var limit = LogLimit(StepLimits(log: room))
    let text = Array("aä日🎉ende und mehr".utf8)
    let kept = limit?.take(text[...]).kept ?? []
    #expect(String(validating: kept, as: UTF8.self) != nil)
    #expect(kept.count > room - 4 && kept.count <= room)
    var other = LogLimit(StepLimits(log: 8))
    #expect(other?.take([UInt8](repeating: 0x80, count: 100)[...]).kept.count == 5)
  }

  @Test("a secret that stands over the limit is masked all the same")
  func masked() throws {
    let secret = "not-in-the-output"
    let step = Self.step("head -c 4090 /dev/zero | tr '\\0' x; echo $TOKEN; seq 1 100", StepLimits(log: 4096))
    let run = try RunFixture().run(.init(steps: [step], secrets: ["TOKEN": secret]))
    #expect(try run.log(1).hasPrefix(String(repeating: "x", count: 4090) + "***\n"))
  }
}
