import Glibc
import NIOCore
import Testing

@testable import Web

@Suite("Where the agent cannot listen, it")
struct ListenFailureTests {
  private func words(_ code: CInt, key: String = "listen", host: String = "0.0.0.0", port: Int) throws -> String {
    let error = IOError(errnoCode: code, reason: "bind(descriptor:ptr:bytes:)")
    return try #require(ListenFailure(error, key: key, host: host, port: port)).description
  }

  @Test("names the key, the address and what to do about a port that is taken")
  func taken() throws {
    let words = try words(EADDRINUSE, key: "api.listen", host: "::1", port: 8701)
    #expect(words.hasPrefix("cannot listen on [::1]:8701 (`api.listen`): another program listens there. `ss -ltnp` "))
  }

  @Test("names the two ways to a port that is root's, of which systemd's socket is for webhooks alone")
  func privileged() throws {
    let hooks = try words(EACCES, port: 443)
    #expect(hooks.contains("pushrod.socket") && hooks.contains("CAP_NET_BIND_SERVICE"))
    let api = try words(EACCES, key: "api.listen", port: 443)
    #expect(!api.contains("pushrod.socket") && api.contains("CAP_NET_BIND_SERVICE"))
    #expect(try words(EACCES, port: 8700) == "cannot listen on 0.0.0.0:8700 (`listen`): Permission denied.")
  }

  @Test("says nothing of other errors")
  func others() {
    #expect(ListenFailure(CancellationError(), key: "listen", host: "127.0.0.1", port: 8700) == nil)
  }
}
