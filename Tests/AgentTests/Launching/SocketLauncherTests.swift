import Agent
import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

/// The systemd way, with systemd's own tool in the part of systemd.
@Suite(.enabled(if: findProgram("systemd-socket-activate") != nil, "systemd-socket-activate is not installed"))
struct SocketLauncherTests {
  @Test("each launch is one process that systemd starts, with the handover as its standard input")
  func activated() async throws {
    let folder = try TemporaryDirectory("socket")
    let script = try folder.script(
      "runner", "cat > \(folder.path)/input.$$\nmv \(folder.path)/input.$$ \(folder.path)/done.$$")
    let path = folder.file("runner.socket")
    let systemd = try ServerProcess(
      ["systemd-socket-activate", "-l", path, "--accept", "--inetd", script], output: folder.file("activate.log"))
    defer { systemd.stop() }
    while !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(5)) }
    let launcher = SocketLauncher(path: path)

    for number in 1...3 {
      try await launcher.launch(Handover(directory: "/runs/\(number)", secrets: ["A": "b"], credentials: []))
    }

    var done: [String] = []
    let end = ContinuousClock.now + .seconds(60)
    while done.count < 3, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(5))
      done = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("done.") }
    }
    let directories = try done.map { name in
      try JSON.decoder().decode(Handover.self, from: Data(contentsOf: URL(fileURLWithPath: folder.file(name))))
        .directory
    }
    #expect(directories.sorted() == ["/runs/1", "/runs/2", "/runs/3"])
  }

  @Test("a socket on which nobody listens is a failure that says what to start")
  func nobody() async throws {
    let folder = try TemporaryDirectory("socket")

    let failure = await #expect(throws: LaunchFailure.self) {
      try await SocketLauncher(path: folder.file("none")).launch(
        Handover(directory: "/runs/1", secrets: [:], credentials: []))
    }

    #expect(failure?.description.contains("is pushrod-runner.socket started?") == true)
  }
}
