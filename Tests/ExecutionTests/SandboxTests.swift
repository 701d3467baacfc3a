import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

/// Steps that look around and try to get out.
@Suite(
  "Steps in a sandbox",
  .enabled(if: SandboxProgram.problem == nil, "bubblewrap makes no sandbox here (Debian: bubblewrap)"))
struct SandboxTests {
  private static func step(_ run: String, _ sandbox: Sandbox = Sandbox()) -> Step {
    var step = Step(name: "a", run: run)
    step.sandbox = sandbox
    return step
  }

  /// What the script printed, which must have succeeded.
  private static func output(
    _ script: String, _ sandbox: Sandbox = Sandbox(), fixture: RunFixture? = nil,
    change: @escaping (inout RunSpec) -> Void = { _ in }
  ) throws -> String {
    let run = try (fixture ?? RunFixture()).run(.init(steps: [step(script, sandbox)], change: change))
    #expect(run.end?.runState == .succeeded, "\(run.end?.reason ?? "") \((try? run.log(1)) ?? "")")
    return try run.log(1)
  }

  @Test("the system is read-only; the workspace, a temporary folder and a home of its own are not")
  func files() throws {
    let outside = try TemporaryDirectory("outside")
    try outside.write("secret", "not for steps")
    let script = """
      for place in /usr /etc /var /srv /; do if touch $place/pushrod-was-here 2>/dev/null; then echo "wrote to $place"; fi; done
      ls -A /tmp "$HOME" | grep -v '^$\\|:$' | grep -v pushrod-execution || :
      touch /tmp/own "$HOME/own" here
      ls \(outside.path) 2>/dev/null || echo "cannot see it"
      for switch in kernel/core_pattern kernel/printk_ratelimit; do
        same=$(cat /proc/sys/$switch)
        if (printf %s "$same" >/proc/sys/$switch) 2>/dev/null; then echo "turned $switch"; fi
      done
      cat a.txt
      """
    let fixture = try RunFixture()
    #expect(try Self.output(script, fixture: fixture) == "cannot see it\none\n")
    #expect(FileManager.default.fileExists(atPath: fixture.area.workspace(of: "shop") + "/here"))
    for place in ["/tmp/own", NSHomeDirectory() + "/own", "/srv/pushrod-was-here"] {
      #expect(!FileManager.default.fileExists(atPath: place), "\(place)")
    }
  }

  @Test(
    "a user without a home, or with the system's, has one of its own all the same",
    .enabled(if: geteuid() == 0, "only root may change users"), arguments: ["nobody", "daemon"])
  func homeless(user: String) throws {
    let fixture = try RunFixture()
    for folder in [fixture.folder.path, fixture.area.root, fixture.area.workspaces, fixture.area.mirrors] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      #expect(chmod(folder, 0o711) == 0)
    }
    var step = Self.step(#"touch "$HOME/own" && ls "$HOME""#)
    step.user = user
    let run = try fixture.run(.init(steps: [step]))
    let log = try run.log(1)
    #expect(log.contains("own\n"), "\(log)")
    // What the step says itself counts.
    step.run = "echo $HOME"
    step.environment = ["HOME": "/var/tmp"]
    #expect(try fixture.run(.init(steps: [step])).log(1) == "/var/tmp\n")
  }

  @Test("what is named may be written to, and nothing beside it; what is not there is a reason")
  func write() throws {
    let outside = try TemporaryDirectory("outside")
    for name in ["shop", "other"] {
      try FileManager.default.createDirectory(atPath: outside.file(name), withIntermediateDirectories: true)
    }
    // The system's temporary folder is empty in there, so what is beside is not even seen.
    let script = "echo live > \(outside.file("shop"))/index; touch \(outside.file("other"))/x 2>&1 || echo refused"
    let output = try Self.output(script, Sandbox(write: [outside.file("shop")]))
    #expect(output.hasSuffix("refused\n"))
    #expect(try outside.read("shop/index") == "live\n")
    let run = try RunFixture().run(.init(steps: [Self.step("true", Sandbox(write: [outside.file("gone")]))]))
    #expect(
      run.end?.reason
        == "step \"a\" failed: the sandbox cannot be made: `write` names \(outside.file("gone")), which is not there; make it first"
    )
  }

  @Test("there is no network but a loopback of its own, unless it is asked for")
  func network() throws {
    let server = try SilentServer()
    let script = """
      python3 -c 'import socket; socket.create_connection(("127.0.0.1", \(server.port)), 5)' 2>/dev/null && echo connected || echo alone
      python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); socket.create_connection(s.getsockname()); print("loopback")'
      """
    #expect(try Self.output(script) == "alone\nloopback\n")
    #expect(try Self.output(script, Sandbox(hasNetwork: true)) == "connected\nloopback\n")
  }

  @Test("other processes, shared memory and the host's name are out of reach, and no privilege can be had")
  func namespaces() throws {
    let script = """
      for kind in pid ipc uts net; do readlink /proc/self/ns/$kind; done
      grep -E '^(NoNewPrivs|CapEff|CapPrm)' /proc/self/status | tr -d '\\t'
      ls /proc | grep -c '^[0-9]'
      """
    let lines = try Self.output(script).split(separator: "\n").map(String.init)
    for (kind, line) in zip(["pid", "ipc", "uts", "net"], lines) {
      let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\(kind)")
      #expect(line.hasPrefix(kind) && line != own, "\(line)")
    }
    #expect(lines[4...6] == ["CapPrm:0000000000000000", "CapEff:0000000000000000", "NoNewPrivs:1"])
    #expect(try #require(Int(lines[7])) < 10)
  }

  @Test("what is the agent's and other runs' is not there, and comes back by no folder that may be written to")
  func hidden() throws {
    let fixture = try RunFixture()
    let own = try TemporaryDirectory("agent")
    try own.write("etc/pushrod.yml", "x")
    try own.write("key", "the agent's key")
    try own.write("public/index", "for all\n")
    _ = try fixture.run("true")  // run 1
    let root = fixture.area.root
    let script = """
      cat \(own.file("etc/pushrod.yml")) \(own.file("key")) 2>/dev/null && echo seen
      ls \(root)/runs/1 2>/dev/null && echo seen
      ls \(root)/logs/* 2>/dev/null && echo seen
      cat \(own.file("public/index")) 2>/dev/null || echo gone
      cat "$PUSHROD_MESSAGE_FILE"; echo
      git log --format=%s -1
      """
    let hide: (inout RunSpec) -> Void = { $0.hidden = [own.file("etc"), own.file("key")] }
    #expect(try Self.output(script, fixture: fixture, change: hide).hasSuffix("gone\na change\nchange a.txt\n"))
    let whole = try Self.output(script, Sandbox(write: [own.path]), fixture: fixture, change: hide)
    #expect(whole == "for all\na change\nchange a.txt\n")
  }

  @Test("a step's exit code, its time to tidy up and the end of its tree are as without")
  func ending() throws {
    let failed = try RunFixture().run(.init(steps: [Self.step("exit 3")]))
    #expect(failed.finished(1)?.exitCode == 3)
    let mark = "enclosed-\(UUID().uuidString)"
    let script =
      "\(StoppingTests.daemon(mark)); trap 'echo tidying; exit 0' TERM; echo ready; while :; do sleep 0.05 || :; done"
    let runner = try RunFixture().start(.init(steps: [Self.step(script)]))
    try runner.wait(forText: "ready", step: 1)
    _ = try runner.directory.send(ControlMessage(action: .cancel))
    #expect(runner.waitForExit() == 0)
    #expect(try RunRecordRead(runner).log(1).contains("tidying"))
    #expect(StoppingTests.processes(with: mark).isEmpty)
    let left = try RunFixture().run(.init(steps: [Self.step("sh -c 'while :; do sleep 1; done' \(mark) & echo done")]))
    #expect(left.end?.runState == .succeeded)
    #expect(StoppingTests.processes(with: mark).isEmpty)
  }

  @Test("limits hold in a sandbox too")
  func limited() throws {
    var step = Self.step("head -c 600000000 /dev/zero | tail")
    step.limits = StepLimits(memory: 100 << 20)
    let run = try RunFixture().run(.init(steps: [step]))
    var full = Self.step("head -c 80000000 /dev/zero > /tmp/large || df -B1 --output=size /tmp | tail -n 1 | tr -d ' '")
    full.limits = StepLimits(memory: 32 << 20)
    #expect(try RunFixture().run(.init(steps: [full])).log(1).hasSuffix("\(32 << 20)\n"))
    #expect(run.finished(1)?.reason == "used more than `limits.memory` of 100 MB", "\(run.finished(1)?.reason ?? "")")
  }
}
