import Agent
import Foundation
import Model
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Tokens")
struct LocalAccessTests {
  /// A store, tokens on it, and a clock that a test moves.
  private final class Scene: Sendable {
    let folder: TemporaryDirectory
    let store: SQLiteStore
    let clock = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    init() throws {
      folder = try TemporaryDirectory("access")
      store = try SQLiteStore.open(path: folder.file("data/pushrod.db"))
    }

    func access() async throws -> LocalAccess {
      try await LocalAccess(store: store, logger: .silent, now: { [self] in clock.withLock { $0 } })
    }

    func pass(_ seconds: TimeInterval) { clock.withLock { $0 += seconds } }

    /// The use is written beside the answer.
    func waitForUse(_ date: Date) async throws {
      let end = ContinuousClock.now + .seconds(30)
      while ContinuousClock.now < end {
        if try await store.tokens().first?.token.lastUsedAt == date { return }
        try await Task.sleep(for: .milliseconds(5))
      }
      throw CommandFailure("the last use was not written")
    }
  }

  @Test("a token is found by its text, and by nothing that is nearly it")
  func found() async throws {
    let scene = try Scene()
    let access = try await scene.access()
    let new = try await access.createToken(TokenWish(name: "ci", scope: .run, expiresIn: nil), by: .ada)

    #expect(new.text.hasPrefix("pushrod_") && new.text.utf8.count == 51)
    #expect(access.token(for: new.text)?.name == "ci")
    for other in [
      "", "pushrod_", new.text + " ", " " + new.text, new.text.uppercased(), String(new.text.dropLast()),
      new.text + "A",
      String(new.text.dropFirst(8)), "ci", "pushrod_" + String(repeating: "A", count: 43),
    ] {
      #expect(access.token(for: other) == nil, "\(other)")
    }
    let second = try await access.createToken(TokenWish(name: nil, scope: .run, expiresIn: nil), by: .ada)
    #expect(second.token.name == "run-1" && second.text != new.text)
  }

  @Test("a token outlives the agent, and its text is in none of the files")
  func kept() async throws {
    let scene = try Scene()
    let text = try await scene.access().createToken(TokenWish(name: "ci", scope: .admin, expiresIn: 60), by: .ada).text

    let next = try await scene.access()
    #expect(next.token(for: text)?.scope == .admin)
    for name in try FileManager.default.contentsOfDirectory(atPath: scene.folder.file("data")) {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: scene.folder.file("data/\(name)")))
      #expect(bytes.range(of: Data(text.utf8)) == nil, "\(name)")
      #expect(bytes.range(of: Data(text.dropFirst(8).utf8)) == nil, "\(name)")
    }
  }

  @Test("a removed token and one that has ended are refused, at once")
  func ends() async throws {
    let scene = try Scene()
    let access = try await scene.access()
    let brief = try await access.createToken(TokenWish(name: "brief", scope: .read, expiresIn: 60), by: .ada)
    let gone = try await access.createToken(TokenWish(name: "gone", scope: .read, expiresIn: nil), by: .ada)
    scene.pass(59)
    #expect(access.token(for: brief.text) != nil)
    scene.pass(1)
    #expect(access.token(for: brief.text) == nil)

    try await access.removeToken(named: "gone", by: .bob)

    #expect(access.token(for: gone.text) == nil)
    #expect(try await scene.access().token(for: gone.text) == nil)
    await #expect(throws: ControlError.self) { try await access.removeToken(named: "gone", by: .bob) }
    // Still listed, to be seen as ended.
    #expect(try await access.tokens().map(\.name) == ["brief"])
  }

  @Test("the last use is written once a minute, however often a token is used")
  func lastUse() async throws {
    let scene = try Scene()
    let counting = CountingStore(store: scene.store)
    let access = try await LocalAccess(store: counting, logger: .silent, now: { scene.clock.withLock { $0 } })
    let start = scene.clock.withLock { $0 }
    let new = try await access.createToken(TokenWish(name: "ci", scope: .read, expiresIn: nil), by: .ada)
    #expect(try await access.tokens().first?.lastUsedAt == nil)
    _ = access.token(for: new.text)
    try await scene.waitForUse(start)
    for _ in 0..<59 {
      scene.pass(1)
      _ = access.token(for: new.text)
    }
    #expect(try await access.tokens().first?.lastUsedAt == start + 59)
    #expect(try await scene.store.tokens().first?.token.lastUsedAt == start)
    scene.pass(1)
    _ = access.token(for: new.text)
    try await scene.waitForUse(start + 60)
    #expect(counting.count.uses.withLock { $0 } == 2)
  }

  /// Counts what is written down of uses.
  private struct CountingStore: TokenStore, AuditStore {
    final class Count: Sendable { let uses = Mutex(0) }

    let store: SQLiteStore
    let count = Count()

    func noteUse(ofTokenWithHash hash: [UInt8], at date: Date) async throws {
      count.uses.withLock { $0 += 1 }
      try await store.noteUse(ofTokenWithHash: hash, at: date)
    }
    func tokens() async throws -> [StoredToken] { try await store.tokens() }
    func add(_ token: StoredToken, audit: AuditedAct) async throws -> Bool { try await store.add(token, audit: audit) }
    func removeToken(named name: String, audit: AuditedAct) async throws -> Bool {
      try await store.removeToken(named: name, audit: audit)
    }
    func record(_ act: AuditedAct) async throws { try await store.record(act) }
    func audit(before: Int?, limit: Int) async throws -> [AuditEntry] {
      try await store.audit(before: before, limit: limit)
    }
  }

  @Test("names are plain and taken once")
  func names() async throws {
    let access = try await Scene().access()
    _ = try await access.createToken(TokenWish(name: "ci", scope: .read, expiresIn: nil), by: .ada)
    await #expect(
      throws: ControlError.conflict("there is a token `ci` already; remove it first, or take another name.")
    ) {
      try await access.createToken(TokenWish(name: "ci", scope: .admin, expiresIn: nil), by: .ada)
    }
    for name in ["", "a b", "ä", "-x", ".x", "a/b", "a\n", String(repeating: "a", count: 65)] {
      await #expect(throws: ControlError.self, "\(name)") {
        try await access.createToken(TokenWish(name: name, scope: .read, expiresIn: nil), by: .ada)
      }
    }
    await #expect(throws: ControlError.self) {
      try await access.createToken(TokenWish(name: nil, scope: .read, expiresIn: Seconds(.infinity)), by: .ada)
    }
  }

  @Test("making and removing a token stand in the audit log with who did it")
  func audit() async throws {
    let scene = try Scene()
    let access = try await scene.access()
    let person = Person(name: "boss", via: .token, address: "192.0.2.7")
    _ = try await access.createToken(TokenWish(name: "ci", scope: .run, expiresIn: nil), by: person)
    try await access.removeToken(named: "ci", by: .ada)

    let entries = try await access.audit(before: nil, limit: 10)
    #expect(entries.map(\.act.kind) == [.tokenRemove, .tokenCreate])
    #expect(entries.map(\.act.object) == ["token ci", "token ci"])
    #expect(entries.map(\.act.person) == [.ada, person])
    #expect(entries[1].act.detail == "scope run")
  }
}
