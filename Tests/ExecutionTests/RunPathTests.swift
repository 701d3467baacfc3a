import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@Suite("A run from fetch to finish")
struct RunPathTests {
  @Test("the pushed commit is checked out, the steps run in it, and every transition is recorded")
  func success() throws {
    let fixture = try RunFixture()
    let run = try fixture.run("cat a.txt", "git log --format=%H -1")
    let commit = try fixture.repository.git("rev-parse", "HEAD")
    #expect(run.end?.runState == .succeeded)
    #expect(run.end?.reason == nil)
    #expect(
      run.events.map(\.event) == [
        .runStarted, .stepStarted, .stepFinished, .stepStarted, .stepFinished, .stepStarted, .stepFinished,
        .runFinished,
      ])
    #expect(run.events.compactMap(\.log).filter { $0.hasPrefix("00") } == ["00-fetch.log", "00-fetch.log"])
    #expect(try run.log(0).contains("commit \(commit) is the tip of refs/heads/main"))
    #expect(try run.log(1) == "one\n")
    #expect(try run.log(2) == commit + "\n")
    #expect(try #require(run.finished(1)?.usage).logBytes == 4)
    #expect(try #require(run.finished(1)?.usage).peakMemory > 0)
    #expect(!run.directory.isLocked)
  }

  @Test("a second run starts warm and does not see what the first one left")
  func warm() throws {
    let fixture = try RunFixture()
    _ = try fixture.run("echo dirt > dirt; echo changed > a.txt; mkdir -p deep/er; echo x > .git/info/exclude")
    try fixture.repository.commit("b.txt", "two\n")
    let run = try fixture.run("ls; cat a.txt")
    #expect(try run.log(1) == "a.txt\nb.txt\nweb\none\n")
  }

  @Test("a workspace whose checkout was not finished is made anew")
  func unfinished() throws {
    let fixture = try RunFixture()
    _ = try fixture.run("true")
    let workspace = fixture.area.workspace(of: "shop")
    _ = FileManager.default.createFile(atPath: workspace + ".unfinished", contents: nil)
    try "x".write(toFile: workspace + "/.git/index", atomically: true, encoding: .utf8)
    // Also with a tree in it that is deeper than a path may be long.
    let deep = String(repeating: "d", count: 100)
    let script = "i=0; while [ $i -lt 300 ]; do mkdir \(deep) && cd -P \(deep) || exit 1; i=$((i+1)); done"
    try runChecked(["sh", "-c", "cd \(workspace) && \(script)"])
    let run = try fixture.run("cat a.txt")
    #expect(try run.log(0).contains("made anew"))
    #expect(try run.log(1) == "one\n")
    #expect(!FileManager.default.fileExists(atPath: workspace + ".unfinished"))
  }

  @Test("a workspace is marked while a run works in it, and not after its end, whatever that was")
  func marked() throws {
    let fixture = try RunFixture()
    let mark = fixture.area.workspace(of: "shop") + ".unfinished"
    let run = try fixture.run("cat \(mark); exit 3")
    #expect(try run.log(1) == "1\n")
    #expect(!FileManager.default.fileExists(atPath: mark))
  }

  @Test("the first failing step ends the run; the rest is skipped with a reason, `finally` runs")
  func failure() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      .init(
        steps: [
          Step(name: "lint", run: "exit 9", allowFailure: true), Step(name: "test", run: "exit 3"),
          Step(name: "ship", run: "touch /tmp/never"),
        ],
        finally: [Step(name: "tidy", run: "echo $PUSHROD_STATUS/$PUSHROD_FAILED_STEP")]))
    #expect(run.end?.runState == .failed)
    #expect(run.end?.reason == #"step "test" failed: exit 3"#)
    #expect(run.end?.failedStep == "test")
    #expect(run.finished(1)?.allowedFailure == true)
    #expect(run.finished(1)?.exitCode == 9)
    #expect(run.events.contains { $0.event == .stepSkipped && $0.step == 3 && $0.reason != nil })
    #expect(try run.log(4) == "failed/test\n")
  }

  @Test("a failing `finally` step fails a run that had succeeded")
  func failingFinally() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      .init(
        steps: [Step(name: "a", run: "true")],
        finally: [Step(name: "b", run: "exit 1"), Step(name: "c", run: "echo ran")]))
    #expect(run.end?.reason == #"step "b" failed: exit 1"#)
    #expect(try run.log(3) == "ran\n")
  }

  @Test(
    "an end is a result with words",
    arguments: [
      ("exit 3", "exit 3"), ("kill -9 $$", "killed by signal 9 (SIGKILL)"),
      ("no-such-command", "exit 127: command not found"),
      ("sh -c 'kill -SEGV $$'", "exit 139: a command was killed by signal 11 (SIGSEGV)"),
      ("touch f; ./f", "exit 126: command cannot be executed"), ("echo $nothing", "exit 2"),
    ])
  func words(script: String, words: String) throws {
    let run = try RunFixture().run(script)
    #expect(run.finished(1)?.reason == words)
    #expect(run.end?.runState == .failed)
  }

  @Test("steps run in their folder, which cannot lie outside the workspace")
  func folders() throws {
    let fixture = try RunFixture()
    try FileManager.default.createSymbolicLink(atPath: fixture.repository.path + "/out", withDestinationPath: "/")
    try fixture.repository.commit("a link")
    func one(_ folder: String) throws -> RunRecordRead {
      try fixture.run(.init(steps: [Step(name: "a", run: "pwd", directory: folder)]))
    }
    #expect(try one("web").log(1) == fixture.area.workspace(of: "shop") + "/web\n")
    #expect(try one("out/tmp").finished(1)?.reason?.contains("outside the workspace") == true)
    #expect(try one("nope").finished(1)?.reason?.contains("there is no folder `nope`") == true)
    #expect(try one("a.txt").finished(1)?.reason?.contains("is not a folder") == true)
  }

  @Test("a shell that is not installed is said by name")
  func shell() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(.init(steps: [Step(name: "a", run: "x", shell: ["no-such-shell", "-e"])]))
    #expect(run.finished(1)?.reason?.contains("`no-such-shell` is not installed") == true)
  }

  @Test("a commit that cannot be fetched runs nothing, not even `finally`")
  func fetchFailure() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      .init(steps: [Step(name: "a", run: "true")], finally: [Step(name: "b", run: "true")]) {
        $0.request.commit = CommitID(String(repeating: "ab", count: 20)) ?? $0.request.commit
      })
    #expect(run.end?.runState == .failed)
    #expect(run.end?.reason?.hasPrefix("fetch failed: ") == true)
    #expect(run.end?.failedStep == "fetch")
    #expect(try run.log(0).contains("error: "))
    #expect(run.events.filter { $0.event == .stepSkipped }.map(\.step) == [1, 2])
  }

  @Test("a server that is silent ends with a sentence when the time for fetching is over")
  func silentServer() throws {
    let fixture = try RunFixture()
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        #expect(bind(listener, $0, length) == 0)
        #expect(listen(listener, 4) == 0)
        #expect(getsockname(listener, $0, &length) == 0)
      }
    }
    let url = try RepositoryURL("git://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/x.git")
    let run = try fixture.run(
      .init(steps: [Step(name: "a", run: "true")]) {
        $0.allowedSchemes = [.git]
        $0.fetchTimeout = 1
        $0.request.pipeline.repository = url
      })
    #expect(run.end?.runState == .failed)
    #expect(run.end?.reason?.hasPrefix("fetch failed: ") == true)
  }

  @Test("a secret that the agent did not hand over stops the run before anything happens")
  func missingSecret() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(.init(steps: [Step(name: "a", run: "true")], secretNames: ["TOKEN"]))
    #expect(run.end?.reason?.contains("secret TOKEN is not configured") == true)
    #expect(run.finished(0) == nil)
  }
}
