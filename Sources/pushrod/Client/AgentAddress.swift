import Model

/// Where an agent is, and what proves who asks it.
enum AgentAddress: Sendable {
  /// On this machine: its Unix socket. The kernel says who asks.
  case socket(String)
  /// Anywhere: `https://deploy.example.org`, without a slash at its end, and a token.
  case url(String, token: Secret)

  /// For people.
  var words: String {
    switch self {
    case .socket(let path): path
    case .url(let url, _): url
    }
  }

  /// - Throws: `CommandExit` for an address that a token must not be sent to.
  static func url(_ text: String, _ token: Secret) throws(CommandExit) -> AgentAddress {
    var url = text
    while url.hasSuffix("/") { url.removeLast() }
    let isPlain = url.lowercased().hasPrefix("http://")
    guard isPlain || url.lowercased().hasPrefix("https://") else {
      throw wrong(text, "it begins with https://")
    }
    let authority = url.dropFirst(isPlain ? 7 : 8)
    guard !authority.isEmpty, authority.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"/?#@\\".utf8.contains($0) })
    else {
      throw wrong(text, "it is a host and maybe a port, without a path, a query or a user's name")
    }
    guard !isPlain || isLoopback(authority) else {
      throw CommandExit(
        .wrongUse,
        "The token is not sent to \(text.onOneLine): over http everybody on the way could read it. "
          + "Use https, or http to this machine alone (an SSH tunnel: ssh -L 8701:127.0.0.1:8701 …).")
    }
    return .url(url, token: token)
  }

  /// By what is written: a name could be looked up to anything.
  private static func isLoopback(_ authority: Substring) -> Bool {
    var host = authority
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      host = host[..<end].dropFirst()
    } else if let colon = host.firstIndex(of: ":") {
      host = host[..<colon]
    }
    return host.lowercased() == "localhost" || IPAddress(host)?.isLoopback == true
  }

  private static func wrong(_ text: String, _ what: String) -> CommandExit {
    CommandExit(
      .wrongUse, "`\(text.onOneLine)` is no agent's address: \(what), such as https://deploy.example.org.")
  }
}
