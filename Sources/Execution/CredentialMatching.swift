import Git
import Model

/// Finds the credential for an address.
struct CredentialMatching: Sendable {
  private let entries: [Entry]

  private struct Entry: Sendable {
    var pattern: [UInt8]
    /// `http` where the pattern says so itself: only then may a password travel in the clear.
    var isPlainHTTP: Bool
    var access: RepositoryCredential.Access
  }

  /// The longest matching pattern counts, so that one repository may differ from its owner's others.
  init(_ credentials: [RepositoryCredential]) {
    entries = credentials.map { credential in
      let url = try? RepositoryURL(credential.pattern)
      return Entry(
        pattern: Array((url?.identity ?? credential.pattern).utf8), isPlainHTTP: url?.scheme == .http,
        access: credential.access)
    }
    .sorted { $0.pattern.count > $1.pattern.count }
  }

  /// `nil` where no pattern fits, or what fits cannot be used over the address's scheme: a key is for ssh, a
  /// token or password for https.
  func credential(for address: String) -> RemoteCredential? {
    guard let url = try? RepositoryURL(address) else { return nil }
    let identity = Array(url.identity.utf8)
    for entry in entries where Self.matches(entry.pattern[...], identity[...]) {
      switch (entry.access, url.scheme) {
      case (.key(let user, let privateKey, let knownHosts), .ssh):
        return .key(user: user, privateKey: privateKey, knownHosts: knownHosts)
      case (.token(let token), .https): return .token(token)
      case (.token(let token), .http) where entry.isPlainHTTP: return .token(token)
      case (.password(let user, let password), .https): return .password(user: user, password: password)
      case (.password(let user, let password), .http) where entry.isPlainHTTP:
        return .password(user: user, password: password)
      default: continue
      }
    }
    return nil
  }

  /// `*` stands for any run of bytes. Goes back to the last `*` only, so the time is at most the product of the lengths.
  static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    var (p, t) = (pattern.startIndex, text.startIndex)
    var retry: (pattern: Int, text: Int)?
    while t < text.endIndex {
      if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
        retry = (p + 1, t)
        p += 1
      } else if p < pattern.endIndex, pattern[p] == text[t] {
        p += 1
        t += 1
      } else if let last = retry {
        retry = (last.pattern, last.text + 1)
        (p, t) = (last.pattern, last.text + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
