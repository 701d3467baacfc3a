import FoundationEssentials

/// The text of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain and hashed host names,
/// `[host]:port`, wildcards, `!` exclusions and `@revoked`. Certificate authorities are not used.
struct KnownHosts {
  private struct Entry {
    let line: Int
    let isRevoked: Bool
    let hosts: Substring
    let type: Substring
    let blob: [UInt8]
  }

  private let entries: [Entry]

  init(_ text: String) {
    var entries: [Entry] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      var fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
      guard let first = fields.first, !first.hasPrefix("#") else { continue }
      var isRevoked = false
      if first.hasPrefix("@") {
        guard first == "@revoked" else { continue }
        isRevoked = true
        fields.removeFirst()
      }
      guard fields.count >= 3, let blob = Data(base64Encoded: String(fields[2])) else { continue }
      entries.append(
        Entry(line: number + 1, isRevoked: isRevoked, hosts: fields[0], type: fields[1], blob: Array(blob)))
    }
    self.entries = entries
  }

  /// - Throws: `.hostKey`, with what to do, unless the key is listed for this server.
  func verify(_ key: HostKey, address: RemoteAddress, operation: String) throws(GitFailure) {
    let name = address.effectivePort == 22 ? address.host : "[\(address.host)]:\(address.effectivePort)"
    if entries.contains(where: { $0.isRevoked && $0.blob == key.blob && Self.matches($0.hosts, name) }) {
      throw GitFailure(
        .hostKey, operation: operation,
        """
        The host key of \(address.server) (\(key.type), \(key.fingerprint)) is marked as revoked in known_hosts. \
        Nothing was sent. Do not go on before you know why.
        """
      )
    }
    let listed = entries.filter { !$0.isRevoked && Self.matches($0.hosts, name) }
    if listed.contains(where: { $0.blob == key.blob }) { return }
    let line = "\(name) \(key.type) \(key.base64)"
    if let old = listed.first(where: { $0.type == key.type }) {
      throw GitFailure(
        .hostKey, operation: operation,
        """
        THE HOST KEY OF \(address.server) HAS CHANGED. Line \(old.line) of known_hosts has another \(key.type) key; \
        the server now presents \(key.fingerprint). Somebody may be listening in, or the server got a new key. \
        Nothing was sent. Ask its operator; only if the fingerprint is right, replace line \(old.line) with: \(line)
        """
      )
    }
    let known =
      listed.isEmpty
      ? "has no key" : "has keys of other types only (\(listed.map { String($0.type) }.joined(separator: ", ")))"
    throw GitFailure(
      .hostKey, operation: operation,
      """
      The host key of \(address.server) is unknown: known_hosts \(known) for \(name). The server presents \
      \(key.type) \(key.fingerprint). Compare that with the fingerprint its operator publishes, then add this line \
      to known_hosts: \(line)
      """
    )
  }

  private static func matches(_ hosts: Substring, _ name: String) -> Bool {
    if hosts.hasPrefix("|1|") {
      let parts = hosts.split(separator: "|")
      guard parts.count == 3, let salt = Data(base64Encoded: String(parts[1])),
        let hash = Data(base64Encoded: String(parts[2]))
      else { return false }
      return SHA1.authenticationCode(of: Array(name.utf8), key: Array(salt)) == Array(hash)
    }
    var found = false
    for pattern in hosts.split(separator: ",") {
      if pattern.hasPrefix("!") {
        if glob(Array(pattern.dropFirst().lowercased().utf8), Array(name.utf8)) { return false }
      } else if glob(Array(pattern.lowercased().utf8), Array(name.utf8)) {
        found = true
      }
    }
    return found
  }

  /// `*` and `?`, in time proportional to the product of the lengths.
  private static func glob(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var (p, n) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == name[n] || pattern[p] == UInt8(ascii: "?") {
        p += 1
        n += 1
      } else if let last = star {
        p = last.pattern + 1
        n = last.name + 1
        star = (last.pattern, n)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
