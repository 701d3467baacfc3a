import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@Suite("The output of steps")
struct OutputTests {
  @Test("standard output and error are in the order written")
  func order() throws {
    let run = try RunFixture().run("for i in $(seq 1 300); do echo $i; echo $i >&2; done")
    let expected = (1...300).map { "\($0)\n\($0)\n" }.joined()
    #expect(try run.log(1) == expected)
  }

  @Test("bytes are kept as they are: NUL, invalid UTF-8, carriage returns, one line without an end")
  func bytes() throws {
    let run = try RunFixture().run(#"printf 'a\000b\377\r\033[31m'; head -c 3000000 /dev/zero | tr '\0' 'x'"#)
    let expected: [UInt8] =
      [0x61, 0, 0x62, 0xff, 0x0d, 0x1b, 0x5b, 0x33, 0x31, 0x6d] + [UInt8](repeating: 0x78, count: 3_000_000)
    #expect(try run.bytes(1) == expected)
  }

  @Test("a lot of output does not make the runner grow", arguments: [[:], ["TOKEN": "not-in-the-output"]])
  func memory(secrets: [String: String]) throws {
    func peak(_ bytes: Int) throws -> Int {
      let runner = try RunFixture().start(
        .init(
          steps: [Step(name: "a", run: "head -c \(bytes) /dev/urandom; echo; echo done; sleep 1000")], secrets: secrets)
      )
      try runner.wait { $0.event == .stepStarted && $0.step == 1 }
      let path = runner.directory.path + "/01-a.log"
      try waiting { (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) == bytes + 6 ? () : nil }
      let pid = try #require(try runner.wait { $0.event == .runStarted }.pid)
      let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
      _ = try runner.directory.send(ControlMessage(action: .cancel))
      _ = runner.waitForExit()
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
      return try #require(Int(line.split(separator: " ").dropLast().last ?? "")) * 1024
    }
    let growth = try peak(64 << 20) - peak(1 << 20)
    #expect(growth < 4 << 20, "\(growth) bytes")
  }

  @Test("a secret that is written in two pieces is masked, and so are its other spellings")
  func masking() throws {
    let secret = "pass/word+with spaces&'quotes'"
    let script = #"""
      printf %s "$TOKEN" | head -c 10; sleep 0.1; printf '%s\n' "$TOKEN" | tail -c +11
      printf %s "user:$TOKEN" | base64 -w0; echo
      printf %s "$MULTI" | head -n 2
      set -x; true "$TOKEN"
      """#
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: script)],
        secrets: ["TOKEN": secret, "MULTI": "first-line-of-key\nsecond-line-of-key\n"]))
    let log = try run.log(1)
    #expect(log == "***\ndXNlcjp***c=\n***\n+ true ***\n")
    for part in ["pass/word", "with spaces", "cGFzcy93b3Jk", "first-line", "second-line"] {
      #expect(!log.contains(part), "\(part)")
    }
  }

  @Test("a run does not begin with a secret that is too short to be masked")
  func short() throws {
    let run = try RunFixture().run(.init(steps: [Step(name: "a", run: "echo $PIN")], secrets: ["PIN": "1234567\n"]))
    #expect(run.finished(1) == nil)
    #expect(run.end?.runState == .failed)
    #expect(run.end?.reason?.contains("the secret PIN has fewer than 8 bytes") == true, "\(run.end?.reason ?? "")")
  }

  @Test("the run says which secrets it was given, and of those alone")
  func given() throws {
    let values = ["TOKEN": "not-in-the-output", "KEY": "nor-is-this-one", "OTHER": "of another pipeline"]
    let run = try RunFixture().run(
      .init(steps: [Step(name: "a", run: "env")], secrets: values, secretNames: ["TOKEN", "KEY"]))
    #expect(run.events.first { $0.event == .runStarted }?.secrets == ["KEY", "TOKEN"])
    #expect(try RunFixture().run("true").events.first { $0.event == .runStarted }?.secrets == nil)
  }

  @Test("what other services read as commands in the output is text like any other")
  func commands() throws {
    let script = #"""
      echo "::mask::deploy"; echo "::add-mask::deploy"; echo "::set-output name=a::b"; echo "##[add-mask]deploy"
      echo "deploy is not masked"
      """#
    let run = try RunFixture().run(
      .init(steps: [Step(name: "a", run: script)], secrets: ["TOKEN": "not-in-the-output"]))
    #expect(
      try run.log(1) == """
        ::mask::deploy
        ::add-mask::deploy
        ::set-output name=a::b
        ##[add-mask]deploy
        deploy is not masked

        """)
  }

  @Test("a full disk ends the step with its cause", .enabled(if: getuid() == 0, "needs to mount a small file system"))
  func fullDisk() throws {
    let fixture = try RunFixture()
    let runs = fixture.area.runs
    try FileManager.default.createDirectory(atPath: runs, withIntermediateDirectories: true)
    let mounted = try run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", runs])
    guard mounted.status == 0 else { return }
    defer { _ = try? run(["umount", "-l", runs]) }
    let record = try fixture.run("head -c 4000000 /dev/zero; sleep 1000")
    #expect(record.finished(1)?.reason?.contains("No space left on device") == true)
    #expect(record.end?.runState == .failed)
  }

  @Test("what the steps of a run hand on is bounded together, and `finally` begins all the same")
  func handedOnTogether() throws {
    let run = try RunFixture().run(
      .init(
        steps: (1...12).map { step in
          let line = "printf V\(step)_$j=; head -c 32000 /dev/zero | tr '\\0' a; echo"
          return Step(name: "s\(step)", run: "for j in 1 2 3; do \(line); done >> $PUSHROD_OUTPUT")
        }, finally: [Step(name: "tidy", run: "echo ${#V10_3} ${V11_1-none}")]))
    #expect(run.end?.runState == .failed && run.end?.failedStep == "s11")
    #expect(run.finished(11)?.reason?.contains("hand large values on in files") == true)
    #expect(run.skipped(12) != nil)
    #expect(try run.log(13) == "32000 none\n")
  }
}
