import Foundation
import Synchronization

/// A git:// server that behaves as no server should. It speaks the protocol itself (gitprotocol-pack(5)), so that every
/// byte is the test's.
public final class HostileGitServer: Sendable {
  /// What one connection gets.
  public enum Behaviour: Sendable {
    /// The repository, whole.
    case serve
    /// Nothing at all, once the request is read.
    case silence
    /// A reset in place of an answer.
    case reset
    /// The beginning of an answer, a byte every 50 ms, for ever.
    case drip
    /// The refs, and nothing to whoever asks for objects.
    case refsThenSilence
    /// Refs without end.
    case endlessRefs
    /// So many branches besides `main`, then as `serve`.
    case manyRefs(Int)
    /// Half of the pack, and nothing more.
    case halfPack
    /// Half of the pack, then the end of the connection.
    case cutPack
    /// The pack with one byte changed.
    case damagedPack
    /// A pack whose first object does not end.
    case endlessPack
    /// This, in place of the pack.
    case pack([UInt8])
    /// Words for people on the side, without end.
    case endlessWords
  }

  private let server: ScriptedServer
  private let count: Counter

  private final class Counter: Sendable {
    let value = Mutex(0)
  }

  /// - Parameters:
  ///   - repository: whose `main` is shown and sent.
  ///   - behaviours: of the first connection, the second, …; the last one is that of all further ones.
  public init(_ repository: GitRepository, _ behaviours: Behaviour...) throws {
    let tip = try repository.git("rev-parse", "refs/heads/main")
    let pack = try run(
      ["git", "pack-objects", "--all", "--stdout", "--quiet"], in: repository.path, env: GitRepository.environment
    ).stdout
    let counter = Counter()
    count = counter
    server = try ScriptedServer { connection in
      let number = counter.value.withLock { value in
        value += 1
        return value - 1
      }
      let behaviour = behaviours[min(number, behaviours.count - 1)]
      try Conversation(connection: connection, tip: tip, pack: pack).hold(behaviour)
    }
  }

  public var port: Int { server.port }
  public var url: String { "git://127.0.0.1:\(port)/repository" }
  /// How many have come.
  public var connections: Int { count.value.withLock { $0 } }

  public func stop() { server.stop() }
}

private struct Conversation {
  let connection: ScriptedServer.Connection
  let tip: String
  let pack: [UInt8]

  func hold(_ behaviour: HostileGitServer.Behaviour) throws {
    _ = try readPacket()
    switch behaviour {
    case .silence: return connection.waitUntilGone()
    case .reset: return connection.reset()
    case .drip:
      while true {
        // The length of a packet of 64 KB, then its bytes.
        try connection.write("fff0")
        for _ in 0..<0xffec {
          try connection.write("a")
          usleep(50_000)
        }
      }
    case .endlessRefs:
      try showTip()
      let many = (0..<1000).map { packet("\(tip) refs/heads/branch-\($0)-\(String(repeating: "x", count: 200))\n") }
      let bytes = Array(many.joined())
      while true { try connection.write(bytes) }
    default: break
    }
    try showTip()
    if case .manyRefs(let count) = behaviour {
      for start in stride(from: 0, to: count, by: 1000) {
        let some = (start..<min(start + 1000, count)).map { packet("\(tip) refs/heads/branch-\($0)\n") }
        try connection.write(some.joined())
      }
    }
    try connection.write("0000")
    guard try readWants() else { return }
    if case .refsThenSilence = behaviour { return connection.waitUntilGone() }
    try connection.write(packet("NAK\n"))
    switch behaviour {
    case .halfPack:
      try send(pack.prefix(pack.count / 2))
      connection.waitUntilGone()
    case .cutPack: try send(pack.prefix(pack.count / 2))
    case .damagedPack:
      var damaged = pack
      damaged[damaged.count / 2] ^= 0xff
      try finish(damaged)
    case .endlessPack:
      try send(PackBytes.endlessBeginning)
      let part = PackBytes.endlessPart
      while true { try send(part) }
    case .pack(let bytes): try finish(bytes)
    case .endlessWords:
      while true { try connection.write(packet([2] + Array("Counting very many objects\n".utf8))) }
    default: try finish(pack)
    }
  }

  private func showTip() throws {
    try connection.write(packet("\(tip) HEAD\0side-band-64k ofs-delta\n") + packet("\(tip) refs/heads/main\n"))
  }

  private func finish(_ bytes: [UInt8]) throws {
    try send(bytes)
    try connection.write("0000")
    connection.waitUntilGone()
  }

  /// On the first side band.
  private func send(_ bytes: some Collection<UInt8>) throws {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      try connection.write(packet([1] + rest.prefix(60_000)))
      rest = rest.dropFirst(60_000)
    }
  }

  private func packet(_ text: String) -> [UInt8] { packet(Array(text.utf8)) }

  private func packet(_ bytes: [UInt8]) -> [UInt8] {
    let digits = String(bytes.count + 4, radix: 16)
    return Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8) + bytes
  }

  /// `nil` for a flush.
  private func readPacket() throws -> [UInt8]? {
    guard let length = Int(String(decoding: try connection.read(4), as: UTF8.self), radix: 16) else {
      throw CommandFailure("no packet")
    }
    return length == 0 ? nil : try connection.read(length - 4)
  }

  /// - Returns: false where nothing is wanted.
  private func readWants() throws -> Bool {
    var wants = 0
    while true {
      guard let line = try readPacket() else {
        if wants == 0 { return false }
        continue
      }
      if line.starts(with: "want".utf8) { wants += 1 }
      if line.starts(with: "done".utf8) { return true }
    }
  }
}
