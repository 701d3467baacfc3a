import Foundation
import Model
import TestSupport
import Testing

@testable import RunDirectory

@Suite("The control socket")
struct ControlTests {
  @Test("where nobody listens, that is said")
  func nobody() throws {
    let fixture = try Fixture()
    #expect(throws: RunDirectoryError.noRunner) { try fixture.directory.send(ControlMessage(action: .cancel)) }
    #expect(throws: RunDirectoryError.noRunner) {
      try RunDirectory(path: "/nowhere/at/all").send(ControlMessage(action: .cancel))
    }
    close(try ControlSocket.listen(in: fixture.directory))
    #expect(throws: RunDirectoryError.noRunner) { try fixture.directory.send(ControlMessage(action: .cancel)) }
  }

  @Test("a message arrives and is answered, however long the path is", arguments: [0, 12])
  func talk(depth: Int) throws {
    let fixture = try Fixture(depth: depth)
    #expect(depth == 0 || fixture.directory.controlPath.utf8.count > 200)
    let listener = try ControlSocket.listen(in: fixture.directory)
    defer { close(listener) }
    let server = Thread {
      var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      poll(&entry, 1, 10_000)
      let client = accept(listener, nil, nil)
      var buffer = [UInt8](repeating: 0, count: 1000)
      let count = read(client, &buffer, buffer.count)
      let isRight =
        String(decoding: buffer[..<max(count, 0)], as: UTF8.self) == #"{"action":"cancel","by":"anna"}"# + "\n"
      let answer = #"{"ok":\#(isRight)}"# + "\n"
      _ = write(client, answer, answer.utf8.count)
      close(client)
    }
    server.start()
    let reply = try fixture.directory.send(ControlMessage(action: .cancel, by: "anna"))
    #expect(reply == ControlReply(ok: true))
  }
}
