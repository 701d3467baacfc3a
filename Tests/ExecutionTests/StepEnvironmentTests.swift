import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("The environment of steps")
struct StepEnvironmentTests {
  @Test("it holds what the language names and nothing of the runner's own")
  func clean() throws {
    let fixture = try RunFixture()
    setenv("PUSHROD_TEST_LEAK", "leak", 1)
    let run = try fixture.run(
      .init(
        steps: [
          Step(name: "env", run: "env -0 | sort -z | tr '\\0' '\\n'", environment: ["A": "step", "PUSHROD_RUN": "99"])
        ],
        environment: ["A": "pipeline", "B": "pipeline", "PUSHROD": "no"], secrets: ["TOKEN": "value-of-it"]))
    let lines = try run.log(1).split(separator: "\n").map(String.init)
    let values = Dictionary(
      uniqueKeysWithValues: lines.map {
        let parts = $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), String(parts[1]))
      })
    let commit = try fixture.repository.git("rev-parse", "HEAD")
    let expected = [
      "A": "step", "B": "pipeline", "TOKEN": "***", "CI": "true", "PUSHROD": "1", "PUSHROD_RUN": "1",
      "PUSHROD_PIPELINE": "shop", "PUSHROD_STEP": "env", "PUSHROD_REF": "refs/heads/main", "PUSHROD_BRANCH": "main",
      "PUSHROD_TAG": "", "PUSHROD_COMMIT": commit, "PUSHROD_BEFORE": "", "PUSHROD_PUSHER": "anna",
      "PUSHROD_MESSAGE_FILE": run.directory.messagePath, "PUSHROD_EVENT_FILE": "",
      "PUSHROD_WORKSPACE": fixture.area.workspace(of: "shop"), "PUSHROD_URL": "", "PUSHROD_ATTEMPT": "1",
      "PUSHROD_SCHEDULED_FOR": "",
      "PUSHROD_TRY": "1",
      "PUSHROD_OUTPUT": run.directory.path + "/01.output",
      "PATH": StepEnvironment.defaultPath,
    ]
    for (name, value) in expected { #expect(values[name] == value, "\(name)") }
    // What sh(1) adds itself: PWD, and with some shells OLDPWD, SHLVL and _.
    let allowed = Set(expected.keys).union([
      "HOME", "USER", "LOGNAME", "LANG", "TZ", "PUSHROD_REPO", "PWD", "OLDPWD", "SHLVL", "_",
    ])
    #expect(Set(values.keys).subtracting(allowed).isEmpty)
  }

  @Test("inputs are variables above the pipeline's and below a step's own, with their defaults where none were given")
  func inputs() throws {
    let fixture = try RunFixture()
    let script = "printf '<%s>\\n' \"$A\" \"$B\" \"$C\" \"$D\""
    var order = RunFixture.Order(
      steps: [Step(name: "a", run: script), Step(name: "b", run: script, environment: ["A": "step"])],
      environment: ["A": "pipeline"])
    order.change = { spec in
      spec.request.pipeline.triggers.inputs = [
        Input(name: "A"), Input(name: "B", preset: "preset"), Input(name: "C", kind: .boolean), Input(name: "D"),
      ]
      spec.request.inputs = ["A": "$(id) '\n\"", "PUSHROD_RUN": "7"]
    }
    let run = try fixture.run(order)
    #expect(try run.log(1) == "<$(id) '\n\">\n<preset>\n<false>\n<>\n")
    #expect(try run.log(2) == "<step>\n<preset>\n<false>\n<>\n")
  }

  @Test("a step has no descriptors but its own three, an umask of 022, and nothing to read")
  func descriptors() throws {
    let run = try RunFixture().run("ls /proc/self/fd; umask; cat; cat /proc/$$/status | grep -E 'Sig(Blk|Ign)'")
    let log = try run.log(1)
    // 3 is the folder that ls(1) has opened.
    #expect(log == "0\n1\n2\n3\n0022\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
  }

  @Test("secrets are in no argument and no environment of the runner, whose memory steps cannot read")
  func secrecy() throws {
    let fixture = try RunFixture()
    let secret = "canary-7f3a9c"
    let runner = try fixture.start(
      .init(steps: [Step(name: "a", run: "echo ready; sleep 60")], secrets: ["TOKEN": secret]))
    try runner.wait(forText: "ready", step: 1)
    let started = try runner.wait { $0.event == .runStarted }
    for pid in [Int(runner.process.processIdentifier), try #require(started.pid)] {
      for name in ["cmdline", "environ"] {
        let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/\(name)") ?? Data()
        #expect(!String(decoding: bytes, as: UTF8.self).contains(secret))
      }
      var status = stat()
      // Of a process that is not dumpable, /proc's files belong to root; proc(5).
      #expect(stat("/proc/\(pid)/mem", &status) == 0 && status.st_uid == 0)
    }
    _ = try runner.directory.send(ControlMessage(action: .cancel))
    _ = runner.waitForExit()
    let found = try run(["grep", "-r", "-l", secret, runner.directory.path])
    #expect(found.output.isEmpty)
  }
}
