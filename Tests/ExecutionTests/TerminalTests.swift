import Foundation
import Model
import TestSupport
import Testing

@testable import Execution

@Suite("Steps with a terminal")
struct TerminalTests {
  private static func run(_ script: String, secrets: [String: String] = [:], sandbox: Sandbox? = nil) throws
    -> RunRecordRead
  {
    var step = Step(name: "a", run: script)
    step.hasTerminal = true
    step.sandbox = sandbox
    return try RunFixture().run(.init(steps: [step], secrets: secrets))
  }

  @Test("output and error are one terminal of 80 by 24, which is the session's own; there is nothing to read")
  func terminal() throws {
    let script = """
      test -t 1 && test -t 2 && ! test -t 0 && echo terminal
      echo $TERM; stty size < /dev/tty
      ps -o tty= -o sid= -p $$ | awk -v pid=$$ '$1 ~ /^pts/ && $2 == pid { print "session" }'
      cat; echo over
      """
    let run = try Self.run(script)
    #expect(try run.log(1) == "terminal\nxterm-256color\n24 80\nsession\nover\n", "\(run.end?.reason ?? "")")
  }

  @Test("bytes come as they were written, all of them, in order and masked")
  func bytes() throws {
    let run = try Self.run(
      "seq 1 20000; printf '50%%\\r100%%\\n'; echo \"$TOKEN\" >&2; echo \"$TOKEN\"",
      secrets: ["TOKEN": "not-in-the-output"])
    #expect(try run.log(1) == (1...20_000).map { "\($0)\n" }.joined() + "50%\r100%\n***\n***\n")
  }

  @Test("without it there is a pipe, and no terminal anywhere")
  func pipe() throws {
    let run = try RunFixture().run("test -t 1 || test -t 2 || echo none; (: < /dev/tty) 2>/dev/null || echo no control")
    #expect(try run.log(1) == "none\nno control\n")
  }

  @Test("what is left behind at the end is gone, a cancel has its grace period")
  func ending() throws {
    let mark = "terminal-\(UUID().uuidString)"
    let run = try Self.run("sh -c 'trap \"\" HUP TERM; while :; do sleep 1; done' \(mark) & echo done")
    #expect(run.end?.runState == .succeeded)
    #expect(StoppingTests.processes(with: mark).isEmpty)
  }

  @Test("also in a sandbox", .enabled(if: SandboxProgram.problem == nil, "bubblewrap makes no sandbox here"))
  func enclosed() throws {
    #expect(try Self.run("test -t 1 && echo terminal", sandbox: Sandbox()).log(1) == "terminal\n")
  }
}
