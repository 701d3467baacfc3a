import CGit2

/// Turns what libgit2 says about a failed conversation into a sentence that says what to do, and tells whether the same
/// may go well another time.
///
/// libgit2 has codes for few causes; the rest is in its text, which is stable in the versions of Debian.
struct RemoteDiagnosis {
  let error: LibraryError
  let address: RemoteAddress
  let operation: String
  let credential: RemoteCredential?

  private typealias Reading = (GitFailure.Kind, String, GitFailure.Repetition)

  var failure: GitFailure {
    let (kind, sentence, repetition) = answer ?? connection ?? content ?? unknown
    return GitFailure(
      kind, operation: operation, sentence,
      detail: "libgit2 \(error.code)/\(error.category): \(Escaped(error.message, limit: 1000))",
      repetition: repetition)
  }

  private func says(_ words: String...) -> Bool {
    let text = error.message.lowercased()
    return words.contains { text.contains($0) }
  }

  private func isOf(_ categories: git_error_t...) -> Bool {
    categories.contains { Int32($0.rawValue) == error.category }
  }

  /// The server answered, and said no.
  private var answer: Reading? {
    let (server, shown) = (address.server, address.shown)
    if says(
      "status code: 301", "status code: 302", "status code: 303", "status code: 307", "status code: 308", "redirect")
    {
      return (
        .forbidden,
        """
        \(server) answers with a redirect for \(shown). Pushrod follows none, because it would show the credentials \
        to another place: configure the repository's final address.
        """, .never
      )
    }
    if says("status code: 403") {
      return (
        .authentication,
        "\(server) forbids reading \(shown) (403). The credentials lack the right to read it, or it has a rate limit.",
        .never
      )
    }
    if error.code == GIT_EAUTH.rawValue
      || says(
        "status code: 401", "authentication replays", "failed to authenticate", "authentication failed",
        "unable to extract public key", "callback returned unsupported credentials")
    {
      if let credential {
        return (
          .authentication, CredentialOffer(credential).refused(by: address, operation: operation).description, .never
        )
      }
      return (
        .authentication,
        """
        \(server) asks for credentials for \(shown), and none were given. Add an entry for it under `repositories` \
        in the configuration.
        """, .never
      )
    }
    if error.code == GIT_ECERTIFICATE.rawValue {
      return (
        .network,
        "The TLS certificate of \(server) is not valid. Check the address, the machine's clock and its ca-certificates.",
        .never
      )
    }
    if says(
      "status code: 404", "status code: 410", "repository not found", "not exported",
      "does not appear to be a git repository", "does not exist", "failed to resolve path", "could not find repository",
      "no such repository", "project you were looking for could not be found")
    {
      return (
        .notFound,
        """
        There is no repository at \(shown), or these credentials may not see it. Check the address and the right to \
        read it.
        """, .never
      )
    }
    if says("safe.directory", "is not owned by current user") {
      return (
        .authentication,
        """
        The repository at \(shown) belongs to another user than the runner's, and git reads no such folder. Give it to the \
        runner's user (chown), or serve it in another way, such as git-daemon or ssh.
        """, .never
      )
    }
    if says("status code: 408", "status code: 429") {
      return (
        .network, "\(server) asks to come back later (\(Escaped(error.message))). It limits how often it is asked.",
        .mayPass
      )
    }
    if says("status code: 5") {
      return (.network, "\(server) has a fault of its own (\(Escaped(error.message))). Try again later.", .mayPass)
    }
    if says("remote error:") {
      return (.network, "\(server) says about \(shown): \(Escaped(error.message)).", .never)
    }
    return nil
  }

  /// There was no connection.
  private var connection: Reading? {
    let (server, shown) = (address.server, address.shown)
    if says("failed to resolve address") {
      return (
        .network,
        "The name \(address.host) cannot be resolved. Check the repository's address and this machine's DNS.",
        says("temporary failure") ? .mayPass : .never
      )
    }
    if says("refused") {
      return (
        .network, "\(server) refuses the connection: nothing listens there. Check host and port of \(shown).", .mayPass
      )
    }
    if says("failed to connect", "could not connect", "unreachable", "timed out") {
      return (
        .network, "\(server) cannot be reached: \(Escaped(error.message)). Check the network and the address \(shown).",
        .mayPass
      )
    }
    if isOf(GIT_ERROR_SSH), says("exchange keys", "hostkey", "method") {
      return (
        .network,
        """
        No common SSH method with \(server): libssh2 1.10 needs one of its older key exchanges \
        (\(Escaped(error.message))).
        """, .once
      )
    }
    return nil
  }

  /// What came is of no use.
  private var content: Reading? {
    let server = address.server
    if isOf(GIT_ERROR_NOMEMORY) || says("out of memory", "overly large object", "larger than maximum size") {
      return (
        .tooMuch,
        """
        What \(server) sent for \(address.shown) takes more memory to unpack than there is (`limits.fetch.memory`). If \
        the repository holds files of that size, raise the limit.
        """, .never
      )
    }
    if isOf(GIT_ERROR_INDEXER, GIT_ERROR_ZLIB, GIT_ERROR_ODB, GIT_ERROR_OBJECT, GIT_ERROR_SHA), !says("no space left") {
      return (
        .network,
        """
        What \(server) sent for \(address.shown) is damaged: \(Escaped(error.message)). Nothing of it was kept. If it \
        stays so, run `git fsck` on the server's repository.
        """, .once
      )
    }
    return nil
  }

  private var unknown: Reading {
    let (server, shown) = (address.server, address.shown)
    if isOf(GIT_ERROR_NET, GIT_ERROR_SSH, GIT_ERROR_SSL, GIT_ERROR_HTTP) || error.code == GIT_EEOF.rawValue {
      return (
        .network,
        """
        The connection to \(server) broke while reading \(shown): \(Escaped(error.message)). Try again; if it stays \
        so, look at the server's log.
        """, .mayPass
      )
    }
    return (.internal, "Reading \(shown) failed: \(Escaped(error.message)).", .never)
  }
}
