import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("Steps as another user", .enabled(if: geteuid() == 0, "only root may change users"))
struct UserTests {
  /// Every Linux has it, and nothing is its.
  private static let user = "nobody"

  /// A fixture whose workspaces others may reach, as an administrator would arrange it.
  private static func fixture() throws -> RunFixture {
    let fixture = try RunFixture()
    for folder in [fixture.folder.path, fixture.area.root, fixture.area.workspaces, fixture.area.mirrors] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      #expect(chmod(folder, 0o711) == 0)
    }
    return fixture
  }

  private static func step(_ run: String, name: String = "a", user: String? = UserTests.user) -> Step {
    var step = Step(name: name, run: run)
    step.user = user
    return step
  }

  @Test("it has the user's name, number, groups, home and mask, and no more rights")
  func identity() throws {
    let secret = try TemporaryDirectory("secret")
    try secret.write("key", "root's", mode: 0o600)
    let script = """
      id -un; id -u; id -G; umask; echo "$USER $LOGNAME $HOME"
      cat \(secret.file("key")) 2>/dev/null || echo refused
      grep -E '^(CapEff|CapPrm|CapAmb)' /proc/self/status | grep -v 0000000000000000 || echo "no privileges"
      echo again > /dev/stdout
      cat "$PUSHROD_MESSAGE_FILE"; echo
      """
    let run = try Self.fixture().run(.init(steps: [Self.step(script)]))
    let user = try SystemUser(named: Self.user)
    #expect(run.end?.runState == .succeeded, "\(run.end?.reason ?? "")")
    #expect(
      try run.log(1) == """
        \(Self.user)
        \(user.user)
        \(user.groups.map(String.init).joined(separator: " "))
        0022
        \(Self.user) \(Self.user) \(user.home)
        refused
        no privileges
        again
        a change

        """)
  }

  @Test("the workspace is that user's to write, and the runner's again for the next run")
  func workspace() throws {
    let fixture = try Self.fixture()
    let script = "echo mine > a.txt; mkdir -p new/deep; touch new/deep/file; stat -c %U . a.txt .git web/index.html"
    let steps = [
      Self.step(script), Self.step("stat -c %U a.txt new/deep/file; id -un", name: "b", user: nil),
      Self.step("echo once more >> new/deep/file; git status --short", name: "c"),
    ]
    for expected in ["one\n", "two\n"] {
      let run = try fixture.run(.init(steps: [Self.step("cat a.txt", name: "first")] + steps))
      #expect(run.end?.runState == .succeeded, "\(run.end?.reason ?? "")")
      #expect(try run.log(1) == expected)
      #expect(try run.log(2) == "nobody\nnobody\nnobody\nnobody\n")
      #expect(try run.log(3) == "root\nroot\nroot\n")
      #expect(try run.log(4) == " M a.txt\n?? new/\n")
      try fixture.repository.commit("a.txt", "two\n")
    }
  }

  @Test("what its cache keeps is that user's again when it is found")
  func cache() throws {
    let fixture = try Self.fixture()
    var step = Self.step("mkdir -p kept/in; echo x >> kept/in/file; stat -c %U kept kept/in/file; wc -l < kept/in/file")
    step.cache = [Cache(key: ["a.txt"], paths: ["kept"])]
    for lines in 1...2 {
      let run = try fixture.run(
        .init(steps: [step], change: { $0.caches = CacheArea(folder: fixture.area.caches, size: 1 << 30) }))
      #expect(run.end?.runState == .succeeded, "\(run.end?.reason ?? "")")
      let log = try run.log(1)
      #expect(log.contains("nobody\nnobody\n\(lines)\n"), "\(log)")
    }
  }

  @Test("what is handed over is what lies in the folder: no link is followed, no second name taken, nobody else's file")
  func ownership() throws {
    let folder = try TemporaryDirectory("ownership")
    let outside = try TemporaryDirectory("outside")
    try outside.write("linked", "root's")
    try outside.write("target", "root's")
    try folder.write("work/deep/own", "x")
    try folder.write("work/other", "x")
    #expect(chown(folder.file("work/other"), 4242, 4242) == 0)
    #expect(link(outside.file("linked"), folder.file("work/linked")) == 0)
    #expect(symlink(outside.file("target"), folder.file("work/symlink")) == 0)
    #expect(symlink(outside.path, folder.file("work/deep/folder")) == 0)
    #expect(chmod(folder.file("work/deep/own"), 0o4755) == 0)
    try Ownership(from: [0], user: 65534, group: 65534).hand(over: folder.file("work"))
    func owner(_ path: String) -> uid_t {
      var status = stat()
      #expect(lstat(path, &status) == 0)
      return status.st_uid
    }
    for name in ["work", "work/deep", "work/deep/own", "work/symlink", "work/deep/folder"] {
      #expect(owner(folder.file(name)) == 65534, "\(name)")
    }
    #expect(owner(folder.file("work/other")) == 4242)
    for path in [folder.file("work/linked"), outside.file("linked"), outside.file("target"), outside.path] {
      #expect(owner(path) == 0, "\(path)")
    }
    var status = stat()
    #expect(stat(folder.file("work/deep/own"), &status) == 0 && status.st_mode & 0o7000 == 0)
    #expect(symlink(folder.file("work"), folder.file("link")) == 0)
    #expect(throws: RunnerFailure.self) { try Ownership(from: [0], user: 1, group: 1).hand(over: folder.file("link")) }
  }

  @Test("a cancel ends what that user started, and a limit counts it")
  func ending() throws {
    let mark = "user-\(UUID().uuidString)"
    let runner = try Self.fixture().start(
      .init(steps: [Self.step("\(StoppingTests.daemon(mark)); echo ready; sleep 1000")]))
    try runner.wait(forText: "ready", step: 1)
    _ = try runner.directory.send(ControlMessage(action: .cancel))
    #expect(runner.waitForExit() == 0)
    #expect(StoppingTests.processes(with: mark).isEmpty)
    var greedy = Self.step("head -c 600000000 /dev/zero | tail")
    greedy.limits = StepLimits(memory: 100 << 20)
    #expect(try Self.fixture().run(.init(steps: [greedy])).end?.reason?.contains("limits.memory") == true)
  }

  @Test("that user dies with the runner, too")
  func killed() throws {
    let mark = "user-killed-\(UUID().uuidString)"
    let runner = try Self.fixture().start(
      .init(steps: [Self.step("\(StoppingTests.daemon(mark)); echo ready; sleep 1000")]))
    try runner.wait(forText: "ready", step: 1)
    Glibc.kill(pid_t(try #require(try runner.wait { $0.event == .runStarted }.pid)), SIGKILL)
    try waiting { StoppingTests.processes(with: mark).isEmpty ? () : nil }
  }

  @Test(
    "a sandbox is made for that user", .enabled(if: SandboxProgram.problem == nil, "bubblewrap makes no sandbox here"))
  func enclosed() throws {
    var step = Self.step("id -un; touch here; touch /var/tmp/own; cat \"$PUSHROD_MESSAGE_FILE\"")
    step.sandbox = Sandbox()
    let run = try Self.fixture().run(.init(steps: [step]))
    #expect(try run.log(1) == "nobody\na change", "\(run.end?.reason ?? "")")
  }

  @Test("who is not there, and what cannot be reached, is told with what to do; nothing runs as anybody else")
  func failures() throws {
    let unknown = try Self.fixture().run(.init(steps: [Self.step("touch /tmp/pushrod-ran", user: "no-such-user")]))
    #expect(
      unknown.end?.reason
        == "step \"a\" failed: there is no user `no-such-user` on this system (`user`); make it: useradd --system --create-home no-such-user"
    )
    let closed = try RunFixture().run(.init(steps: [Self.step("touch /tmp/pushrod-ran")]))
    #expect(
      closed.end?.reason?.contains("as the user `nobody`: Permission denied") == true, "\(closed.end?.reason ?? "")")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/pushrod-ran"))
    #expect(SystemUser.problem == nil)
  }
}
