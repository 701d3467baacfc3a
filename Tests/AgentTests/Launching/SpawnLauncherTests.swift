import Agent
import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

/// Real processes: a shell script plays the runner and writes down what it was born with.
@Suite struct SpawnLauncherTests {
  private struct Born {
    let folder: TemporaryDirectory
    let handover: Handover

    init(secrets: [String: String] = ["TOKEN": "t0p"]) throws {
      folder = try TemporaryDirectory("spawn")
      let request = someRequest(try somePipeline())
      let directory = try RunDirectory.create(
        at: folder.file("runs/1"),
        spec: RunSpec(number: 1, request: request, mirror: "/m", workspace: "/w", allowedSchemes: [.https]),
        eventBody: nil)
      handover = Handover(directory: directory.path, secrets: secrets, credentials: [])
    }

    func launcher(_ script: String) throws -> SpawnLauncher {
      SpawnLauncher(
        executable: try folder.script("runner", script),
        environment: ["PATH": "/usr/bin:/bin", "HOME": "/root", "GITHUB_TOKEN": "not for steps", "LD_PRELOAD": ""])
    }

    /// What the script wrote to a file, once it is whole.
    func written(_ name: String) async throws -> String {
      let end = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < end {
        if let text = try? folder.read(name), text.hasSuffix("END\n") { return text }
        try await Task.sleep(for: .milliseconds(5))
      }
      throw CommandFailure("\(name) was never written")
    }
  }

  @Test("a runner gets its handover as one line, then end of file, and its directory as argument")
  func handover() async throws {
    let born = try Born()
    try await born.launcher("cat > \(born.folder.path)/input; echo \"$@\" END > \(born.folder.path)/words").launch(
      born.handover)

    #expect(try await born.written("words") == "\(born.handover.directory) END\n")
    let input = try born.folder.read("input")
    #expect(input.hasSuffix("\n"))
    #expect(input.split(separator: "\n").count == 1)
    let read = try JSON.decoder().decode(Handover.self, from: Data(input.utf8))
    #expect(read.secrets == ["TOKEN": "t0p"])
  }

  @Test("a handover larger than any socket's buffer arrives whole")
  func large() async throws {
    let born = try Born(secrets: ["KEY": String(repeating: "k", count: 3 << 20)])
    try await born.launcher("wc -c > \(born.folder.path)/size; echo END >> \(born.folder.path)/size").launch(
      born.handover)

    let size = try JSON.encoder().encode(born.handover).count + 1
    #expect(try await born.written("size") == "\(size)\nEND\n")
  }

  @Test("a runner is in a session of its own, with clean signals, only the streams, and an environment of five names")
  func isolation() async throws {
    let born = try Born()
    // Something that must not leak: a descriptor without close-on-exec, an ignored signal.
    let leak = open("/dev/null", O_RDONLY)
    defer { close(leak) }
    signal(SIGUSR2, SIG_IGN)
    defer { signal(SIGUSR2, SIG_DFL) }
    let out = born.folder.path
    try await born.launcher(
      """
      ls /proc/self/fd | tr '\\n' ' ' > \(out)/fds
      env | cut -d= -f1 | sort | tr '\\n' ' ' > \(out)/env
      grep -E '^(SigBlk|SigIgn)' /proc/self/status > \(out)/signals
      echo $$ $(cut -d' ' -f6 /proc/$$/stat) END > \(out)/session
      """
    ).launch(born.handover)

    let session = try await born.written("session").split(separator: " ")
    #expect(session[0] == session[1])
    // `ls` itself has the folder open as 3.
    #expect(try born.folder.read("fds") == "0 1 2 3 ")
    #expect(
      Set(try born.folder.read("env").split(separator: " ")).subtracting(["PWD", "_", "OLDPWD", "SHLVL"]) == [
        "HOME", "PATH",
      ])
    let masks = try born.folder.read("signals").split(separator: "\n").compactMap { line in
      line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
    }
    // glibc leaves its own two, 32 and 33, ignored in every child.
    #expect(masks.map { $0 & ~0x1_8000_0000 } == [0, 0])
  }

  @Test("what a runner says goes to runner.err and not to the agent's log")
  func words() async throws {
    let born = try Born()
    try await born.launcher("echo oh; echo dear >&2; echo END > \(born.folder.path)/done").launch(born.handover)

    _ = try await born.written("done")
    #expect(try born.folder.read("runs/1/runner.err") == "oh\ndear\n")
  }

  @Test("a cancelled task does not end the runner that it launched")
  func detached() async throws {
    let born = try Born()
    let launcher = try born.launcher("sleep 0.3; echo END > \(born.folder.path)/done")
    let task = Task {
      try await launcher.launch(born.handover)
      try await Task.sleep(for: .seconds(1000))
    }
    while !FileManager.default.fileExists(atPath: born.handover.directory + "/runner.err") {
      try await Task.sleep(for: .milliseconds(2))
    }
    task.cancel()
    _ = await task.result

    #expect(try await born.written("done") == "END\n")
  }

  @Test("an executable that is not there is a failure in words")
  func missing() async throws {
    let born = try Born()
    let launcher = SpawnLauncher(executable: "/nonexistent/pushrod-runner", environment: [:])

    let failure = await #expect(throws: LaunchFailure.self) { try await launcher.launch(born.handover) }

    #expect(failure?.description == "cannot start /nonexistent/pushrod-runner: No such file or directory")
  }

  @Test("ended runners are collected, other children of the process are left alone")
  func reaping() async throws {
    let born = try Born()
    let launcher = try born.launcher("cat > /dev/null; echo $$ END > \(born.folder.path)/pid")
    let other = try ServerProcess(["sleep", "1000"], output: born.folder.file("sleep.log"))
    defer { other.stop() }

    try await launcher.launch(born.handover)
    let pid = try #require(Int32(try await born.written("pid").split(separator: " ")[0]))

    let end = ContinuousClock.now + .seconds(60)
    while kill(pid, 0) == 0, ContinuousClock.now < end {
      launcher.reap()
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(kill(pid, 0) == -1)
    #expect(kill(other.pid, 0) == 0)
  }
}
