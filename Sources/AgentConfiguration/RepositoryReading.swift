import Model
import Pipelines

/// Reads `repositories` and `remotes`.
struct RepositoryReading {
  let secrets: SecretReading
  let folder: String

  private static let forms = "`token`, or `key` with `known_hosts`, or `user` with `password`"

  func credentials(_ value: Value) -> [RepositoryCredential] {
    (value.named(atMost: 500, expected: "a mapping of address patterns to credentials") ?? []).compactMap(credential)
  }

  private func credential(_ entry: NamedValue) -> RepositoryCredential? {
    guard isPattern(entry) else { return nil }
    let keys = ["token", "key", "known_hosts", "user", "password"]
    guard let fields = entry.value.fields(keys, expected: "a mapping with \(RepositoryReading.forms)") else {
      return nil
    }
    guard let access = access(fields) else {
      secrets.unread.patterns.append(entry.name)
      return nil
    }
    return RepositoryCredential(pattern: entry.name, access: access)
  }

  /// A pattern must name a host, so that no credential is offered to everybody.
  private func isPattern(_ entry: NamedValue) -> Bool {
    guard let url = try? RepositoryURL(entry.name), url.scheme != .file, entry.name.utf8.allSatisfy({ $0 < 0x7f })
    else {
      entry.value.hide()
      guard !RepositoryURL.mayHoldPassword(entry.name) else {
        entry.hide()
        entry.report(
          "an address in `repositories` has a password in it, which would show in listings",
          suggestion: "write the address without it, and the password under `password`")
        return false
      }
      entry.report(
        "`\(entry.name.shown())` is not the address of a repository, nor a pattern of addresses",
        suggestion: "write it as https://github.com/acme/* or git@github.com:acme/shop.git")
      return false
    }
    guard !url.host.contains("*") else {
      entry.report(
        "`\(entry.name.shown())` would offer the credential to any host",
        suggestion: "write the host out: https://github.com/acme/*")
      return false
    }
    return true
  }

  private func access(_ fields: Fields) -> RepositoryCredential.Access? {
    let given = Set(["token", "key", "known_hosts", "user", "password"].filter(fields.contains))
    if given == ["token"], let value = fields["token"] {
      return secrets.secret(value).map { .token($0.text) }
    }
    if given == ["user", "password"], let user = fields["user"], let password = fields["password"] {
      let name = user.string("a name")
      let secret = secrets.secret(password)
      guard let name, let secret else { return nil }
      return .password(user: name, password: secret.text)
    }
    if given.contains("key"), given.isSubset(of: ["key", "known_hosts", "user"]), let key = fields["key"] {
      guard let known = fields["known_hosts"] else {
        key.report(
          "a `key` needs `known_hosts`: the host keys that are trusted",
          suggestion: "make the file with ssh-keyscan HOST, and compare it with what the host publishes")
        return nil
      }
      let user = fields["user"].flatMap { $0.string("a name") }
      guard let text = privateKey(key), let hosts = knownHosts(known) else { return nil }
      return .key(user: user, privateKey: text, knownHosts: hosts)
    }
    fields.value.report("\(fields.value.subject) must have \(RepositoryReading.forms)")
    return nil
  }

  private func privateKey(_ value: Value) -> String? {
    guard let text = secrets.secret(value, verbatim: true)?.text else { return nil }
    guard text.hasPrefix("-----BEGIN "), text.contains("PRIVATE KEY-----") else {
      value.report(
        text.hasPrefix("ssh-") || text.hasPrefix("ecdsa-")
          ? "this is the public half of a key; the private one is needed" : "this is not a private key",
        suggestion: "make one with: ssh-keygen -t ed25519 -N '' -f deploy_key")
      return nil
    }
    return text
  }

  /// Public, so a plain path is enough and permissions do not count.
  private func knownHosts(_ value: Value) -> String? {
    var pathValue = value
    if case .mapping = value.node.content {
      guard let fields = value.fields(["file"]), let file = fields["file"] else { return nil }
      pathValue = file
    }
    guard let path = pathValue.string("the path of a known_hosts file") else { return nil }
    let absolute = FilePath.absolute(path, from: folder)
    switch FileReading.bytes(of: absolute, atMost: 1 << 20) {
    case .success(let bytes):
      let text = String(decoding: bytes, as: UTF8.self)
      guard text.split(separator: "\n").contains(where: { !$0.hasPrefix("#") && $0.contains(" ") }) else {
        pathValue.report("the known_hosts file \(absolute.shown(limit: 300)) names no host")
        return nil
      }
      return text
    case .failure(let failure):
      pathValue.report(
        "the known_hosts file \(absolute.shown(limit: 300)) \(failure.words)",
        suggestion: "make it with ssh-keyscan HOST, and compare it with what the host publishes")
      return nil
    }
  }
}

extension RepositoryReading {
  /// `remotes: [https, ssh]` or `remotes: {schemes: [https, ssh]}`
  func schemes(_ value: Value) -> [RepositoryURL.Scheme] {
    var list = value
    if case .mapping = value.node.content {
      guard let fields = value.fields(["schemes"]), let schemes = fields["schemes"] else { return [] }
      list = schemes
    }
    let names = RepositoryURL.Scheme.allCases.map(\.rawValue)
    let items = list.oneOrMany(atMost: 10) ?? []
    if case .list = list.node.content, items.isEmpty { list.mismatch("a list with at least one scheme") }
    return items.compactMap { item in
      guard let name = item.string("a scheme") else { return nil }
      guard let scheme = RepositoryURL.Scheme(rawValue: name) else {
        item.report(
          "unknown scheme `\(name.shown())`",
          suggestion: Suggestion.didYouMean(name, names) ?? "known are \(names.joined(separator: ", "))")
        return nil
      }
      return scheme
    }
  }
}
