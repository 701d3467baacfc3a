import Agent
import FoundationEssentials
import Model
import Synchronization

/// Tokens by their text, without a store behind them.
final class FakeAccess: AccessControl {
  private let known: Mutex<[String: Token]>
  private let expired: Set<String>

  init(_ scopes: [String: Scope] = [:], expired: Set<String> = []) {
    known = Mutex(
      Dictionary(
        uniqueKeysWithValues: scopes.map {
          ($0, Token(name: "\($1.rawValue)-token", scope: $1, createdAt: Date(timeIntervalSince1970: 1_700_000_000)))
        }))
    self.expired = expired
  }

  func token(for text: String) -> Token? { expired.contains(text) ? nil : known.withLock { $0[text] } }

  func stillCounts(_ token: Token) -> Bool { known.withLock { $0.values.contains(token) } }

  func createToken(_ wish: TokenWish, by person: Person) async throws -> NewToken {
    let token = Token(name: wish.name ?? "new", scope: wish.scope, createdAt: Date(timeIntervalSince1970: 1))
    known.withLock { $0["text of \(token.name)"] = token }
    return NewToken(text: "text of \(token.name)", token: token)
  }

  func tokens() async throws -> [Token] { known.withLock { Array($0.values) } }

  func removeToken(named name: String, by person: Person) async throws {
    let isRemoved = known.withLock { known in
      let before = known.count
      known = known.filter { $0.value.name != name }
      return known.count < before
    }
    guard isRemoved else { throw ControlError.notFound("there is no token of that name.") }
  }

  func audit(before: Int?, limit: Int) async throws -> [AuditEntry] {
    let person = Person(name: "ada", via: .socket)
    let act = AuditedAct(.cancel, "run 5", by: person, at: Date(timeIntervalSince1970: 1_700_000_000))
    return [AuditEntry(number: 1, act: act)]
  }
}
