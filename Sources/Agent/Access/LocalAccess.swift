public import FoundationEssentials
public import Logging
public import Model
import Synchronization

/// The tokens of this agent, in memory to be asked by every request, and in the store to last.
public final class LocalAccess: AccessControl {
  private struct Entry {
    var token: Token
    var writtenUse: Date?
  }

  /// More than anybody can look after.
  private static let mostTokens = 1000
  /// A use is written down at most this often.
  private static let useInterval: TimeInterval = 60

  private let store: any TokenStore & AuditStore
  /// By the hash of the text.
  private let known: Mutex<[[UInt8]: Entry]>
  private let now: @Sendable () -> Date
  private let logger: Logger

  /// Reads the tokens that there are.
  public init(
    store: any TokenStore & AuditStore, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }
  ) async throws {
    self.store = store
    self.logger = logger
    self.now = now
    let entries = try await store.tokens().map { ($0.hash, Entry(token: $0.token, writtenUse: $0.token.lastUsedAt)) }
    known = Mutex(Dictionary(entries) { $1 })
  }

  public func token(for text: String) -> Token? {
    guard let hash = TokenText.hash(text) else { return nil }
    let date = now()
    let (token, writes) = known.withLock { known -> (Token?, Bool) in
      guard var entry = known[hash], entry.token.expiresAt.map({ date < $0 }) ?? true else { return (nil, false) }
      entry.token.lastUsedAt = date
      let writes = entry.writtenUse.map { abs(date.timeIntervalSince($0)) >= LocalAccess.useInterval } ?? true
      if writes { entry.writtenUse = date }
      known[hash] = entry
      return (entry.token, writes)
    }
    if writes {
      // Beside the answer: nobody waits for this.
      Task { [store, logger] in
        do {
          try await store.noteUse(ofTokenWithHash: hash, at: date)
        } catch {
          logger.warning(
            "the last use of a token was not noted", metadata: ["event": "token_use", "error": "\(error)"])
        }
      }
    }
    return token
  }

  public func stillCounts(_ token: Token) -> Bool {
    let date = now()
    guard token.expiresAt.map({ date < $0 }) ?? true else { return false }
    return known.withLock { known in
      known.values.contains { $0.token.name == token.name && $0.token.createdAt == token.createdAt }
    }
  }

  public func createToken(_ wish: TokenWish, by person: Person) async throws -> NewToken {
    if let mistake = wish.mistake { throw ControlError.invalid(mistake) }
    let name = try wish.name ?? freeName(for: wish.scope)
    guard known.withLock({ $0.count }) < LocalAccess.mostTokens else {
      throw ControlError.conflict("there are \(LocalAccess.mostTokens) tokens; remove those that are not used.")
    }
    let date = now()
    let text = TokenText.random()
    guard let hash = TokenText.hash(text) else { throw ControlError.unavailable("no token could be made.") }
    let token = Token(
      name: name, scope: wish.scope, createdAt: date,
      expiresAt: wish.expiresIn.map { date.addingTimeInterval($0.value) })
    let ends = token.expiresAt.map { ", until \(JSON.text(of: $0))" } ?? ""
    let act = AuditedAct(
      .tokenCreate, "token \(name)", by: person, at: date, detail: "scope \(wish.scope.rawValue)\(ends)")
    guard try await store.add(StoredToken(token, hash: hash), audit: act) else {
      throw ControlError.conflict("there is a token `\(name)` already; remove it first, or take another name.")
    }
    known.withLock { $0[hash] = Entry(token: token, writtenUse: nil) }
    return NewToken(text: text, token: token)
  }

  public func tokens() async throws -> [Token] {
    known.withLock { $0.values.map(\.token) }.sorted { ($0.createdAt, $0.name) < ($1.createdAt, $1.name) }
  }

  public func removeToken(named name: String, by person: Person) async throws {
    guard
      try await store.removeToken(
        named: name, audit: AuditedAct(.tokenRemove, "token \(name)", by: person, at: now()))
    else { throw ControlError.notFound("there is no token of that name.") }
    known.withLock { known in known = known.filter { $0.value.token.name != name } }
  }

  public func audit(before: Int?, limit: Int) async throws -> [AuditEntry] {
    try await store.audit(before: before, limit: limit)
  }

  /// `read-1`, `read-2`, …
  private func freeName(for scope: Scope) throws -> String {
    let taken = known.withLock { Set($0.values.map(\.token.name)) }
    for number in 1...(LocalAccess.mostTokens + 1) where !taken.contains("\(scope.rawValue)-\(number)") {
      return "\(scope.rawValue)-\(number)"
    }
    throw ControlError.conflict("say how the token is to be called.")
  }
}
