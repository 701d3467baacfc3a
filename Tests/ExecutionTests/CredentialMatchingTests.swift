import Git
import Model
import Testing

@testable import Execution

@Suite("Finding the credential for an address")
struct CredentialMatchingTests {
  static func name(_ credential: RemoteCredential?) -> String? {
    switch credential {
    case .token(let token): token
    case .password(_, let password): password
    case .key(_, let key, _): key
    case nil: nil
    }
  }

  @Test(
    "patterns",
    arguments: [
      ("https://github.com/acme/*", "https://github.com/acme/shop.git", "T"),
      ("https://github.com/acme/*", "https://github.com/Acme/Shop", "T"),
      ("https://github.com/acme/*", "https://github.com/acme-evil/shop", nil),
      ("https://github.com/acme/*", "https://github.com.evil.example/acme/shop", nil),
      ("https://github.com/acme/*", "https://evil.example/github.com/acme/shop", nil),
      ("https://*.example.com/*", "https://git.example.com/a/b", "T"),
      ("https://git.example.com/a/b", "https://git.example.com/a/b/c", nil),
      ("git@github.com:acme/shop.git", "https://github.com/acme/shop", "T"),
      ("https://github.com/acme/*", "http://github.com/acme/shop", nil),
      ("http://127.0.0.1:8080/*", "http://127.0.0.1:8080/a", "T"),
      ("http://127.0.0.1:8080/*", "http://127.0.0.1:8081/a", nil),
      ("https://github.com/acme/*", "git@github.com:acme/shop", nil),
      ("https://github.com/*", "not an address", nil),
    ] as [(String, String, String?)])
  func patterns(pattern: String, address: String, expected: String?) {
    let matching = CredentialMatching([RepositoryCredential(pattern: pattern, access: .token("T"))])
    #expect(Self.name(matching.credential(for: address)) == expected)
  }

  @Test("the longest pattern counts, and a key is for ssh only")
  func choice() {
    let matching = CredentialMatching([
      RepositoryCredential(pattern: "https://github.com/*", access: .token("all")),
      RepositoryCredential(pattern: "https://github.com/acme/shop", access: .token("shop")),
      RepositoryCredential(
        pattern: "git@github.com:acme/*", access: .key(user: nil, privateKey: "key", knownHosts: "")),
    ])
    #expect(Self.name(matching.credential(for: "https://github.com/acme/shop.git")) == "shop")
    #expect(Self.name(matching.credential(for: "https://github.com/acme/other")) == "all")
    #expect(Self.name(matching.credential(for: "ssh://git@github.com/acme/shop")) == "key")
  }

  @Test("many stars take no long time")
  func stars() {
    let pattern = Array(String(repeating: "*a", count: 500).utf8)
    let text = Array((String(repeating: "a", count: 2000) + "b").utf8)
    #expect(!CredentialMatching.matches(pattern[...], text[...]))
  }
}
