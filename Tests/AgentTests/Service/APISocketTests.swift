import Agent
import Foundation
import TestSupport
import Testing

@Suite struct APISocketTests {
  @Test(
    "a socket that a dead agent left is removed, one that answers is not",
    .enabled(if: findProgram("systemd-socket-activate") != nil, "systemd-socket-activate is not installed"))
  func left() async throws {
    let folder = try TemporaryDirectory("socket")
    let path = folder.file("run/agent.sock")
    try APISocket.prepare(path)
    let agent = try ServerProcess(
      ["systemd-socket-activate", "-l", path, "--accept", "--inetd", "cat"], output: folder.file("log"))
    while !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(5)) }

    let failure = #expect(throws: APISocket.Unusable.self) { try APISocket.prepare(path) }
    #expect(failure?.description.contains("another agent answers on") == true)

    agent.stop()
    // Its children, which hold the socket too, are killed with it and gone a moment later.
    let end = ContinuousClock.now + .seconds(60)
    while (try? APISocket.prepare(path)) == nil, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("a file of that name is left alone")
  func file() throws {
    let folder = try TemporaryDirectory("socket")
    let path = try folder.write("agent.sock", "precious")

    let failure = #expect(throws: APISocket.Unusable.self) { try APISocket.prepare(path) }

    #expect(failure?.description.contains("is not a socket") == true)
    #expect(try folder.read("agent.sock") == "precious")
  }
}
