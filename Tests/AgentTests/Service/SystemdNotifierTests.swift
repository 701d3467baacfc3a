import Agent
import Foundation
import Synchronization
import TestSupport
import Testing

/// The protocol of sd_notify(3), with a socket of the test's own in the part of systemd.
@Suite struct SystemdNotifierTests {
  @Test("each state is one message in sd_notify's words", arguments: [false, true])
  func messages(abstract: Bool) throws {
    let systemd = try NotifySocket(abstract: abstract)
    let notifier = SystemdNotifier(environment: ["NOTIFY_SOCKET": systemd.name], pid: 1)

    notifier.notify(.ready, status: "listening on\n127.0.0.1:8700")
    #expect(systemd.receive() == "READY=1\nSTATUS=listening on 127.0.0.1:8700")
    notifier.notify(.reloading)
    let reloading = try #require(systemd.receive()).split(separator: "\n")
    #expect(reloading[0] == "RELOADING=1")
    #expect(reloading[1].wholeMatch(of: /MONOTONIC_USEC=[1-9][0-9]+/) != nil)
    notifier.notify(.stopping)
    #expect(systemd.receive() == "STOPPING=1")
    notifier.notify(.watchdog)
    #expect(systemd.receive() == "WATCHDOG=1")
    notifier.notify(.stoppingTakes(.seconds(30)), status: "waiting for 1 run to end")
    #expect(systemd.receive() == "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=waiting for 1 run to end")
  }

  @Test("without systemd, or with a socket that is gone, nothing happens")
  func absent() throws {
    SystemdNotifier(environment: [:], pid: 1).notify(.ready)
    SystemdNotifier(environment: ["NOTIFY_SOCKET": "/nonexistent/notify"], pid: 1).notify(.ready)
    SystemdNotifier(environment: ["NOTIFY_SOCKET": String(repeating: "x", count: 300)], pid: 1).notify(.ready)
  }

  @Test("the watchdog's interval is read, unless it is meant for another process")
  func interval() {
    func interval(_ environment: [String: String]) -> Duration? {
      SystemdNotifier(environment: environment, pid: 42).watchdogInterval
    }
    #expect(interval([:]) == nil)
    #expect(interval(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
    #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"]) == .seconds(30))
    #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"]) == nil)
    #expect(interval(["WATCHDOG_USEC": "soon"]) == nil)
  }

  @Test("the watchdog hears from loops that come round, and nothing while one of them is stuck", arguments: [0, 1])
  func watchdog(stuckLoop: Int) async throws {
    let systemd = try NotifySocket(abstract: true)
    let notifier = SystemdNotifier(
      environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "40000"], pid: 1)
    let isStuck = Mutex(false)
    let rounds = Mutex([0, 0])
    let loops = [0, 1].map { loop in
      Watchdog.Loop("loop \(loop)") {
        rounds.withLock { $0[loop] += 1 }
        while loop == stuckLoop, isStuck.withLock({ $0 }), !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(2))
        }
      }
    }
    let watchdog = Task { try await Watchdog(notifier, loops: loops, logger: .silent).run() }

    #expect(await systemd.arrival() == "WATCHDOG=1")
    #expect(await systemd.arrival() == "WATCHDOG=1")
    isStuck.withLock { $0 = true }
    // What was under way arrives; then it is quiet however often the other loop comes round.
    while await systemd.arrival(patience: 0.1) != nil {}
    let before = rounds.withLock { $0[1 - stuckLoop] }
    while rounds.withLock({ $0[1 - stuckLoop] }) < before + 20 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(systemd.receive(patience: 0) == nil)
    isStuck.withLock { $0 = false }
    #expect(await systemd.arrival() == "WATCHDOG=1")
    watchdog.cancel()
    try await watchdog.value
  }
}

/// A datagram socket as systemd listens on, by path or by abstract name.
private final class NotifySocket: Sendable {
  let name: String
  private let descriptor: Int32
  private let folder: TemporaryDirectory

  init(abstract: Bool) throws {
    folder = try TemporaryDirectory("notify")
    name = abstract ? "@pushrod-test-\(UUID().uuidString)" : folder.file("notify")
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(name.utf8)
    if abstract { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(2 + bytes.count + (abstract ? 0 : 1))
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard code == 0 else { throw CommandFailure("cannot bind \(name): errno \(errno)") }
  }

  deinit { close(descriptor) }

  /// As `receive`, on a thread of its own: the watchdog may need the one that waits.
  func arrival(patience: Double = 60) async -> String? {
    await withCheckedContinuation { answer in
      DispatchQueue.global().async { answer.resume(returning: self.receive(patience: patience)) }
    }
  }

  func receive(patience: Double = 60) -> String? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, Int32(patience * 1000)) == 1 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
  }
}
