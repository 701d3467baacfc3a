import CGit2

/// Turns what libgit2 says about a failed conversation into a sentence that says what to do.
///
/// libgit2 has codes for few causes; the rest is in its text, which is stable in the versions of Debian.
struct RemoteDiagnosis {
  let error: LibraryError
  let address: RemoteAddress
  let operation: String
  let credential: RemoteCredential?

  var failure: GitFailure {
    let (kind, sentence) = reading
    return GitFailure(
      kind, operation: operation, sentence,
      detail: "libgit2 \(error.code)/\(error.category): \(Escaped(error.message, limit: 1000))")
  }

  private var reading: (GitFailure.Kind, String) {
    let text = error.message.lowercased()
    func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
    let (server, shown) = (address.server, address.shown)

    if says(
      "status code: 301", "status code: 302", "status code: 303", "status code: 307", "status code: 308", "redirect")
    {
      return (
        .forbidden,
        """
        \(server) answers with a redirect for \(shown). Pushrod follows none, because it would show the credentials \
        to another place: configure the repository's final address.
        """
      )
    }
    if says("status code: 403") {
      return (
        .authentication,
        "\(server) forbids reading \(shown) (403). The credentials lack the right to read it, or it has a rate limit."
      )
    }
    if error.code == GIT_EAUTH.rawValue
      || says(
        "status code: 401", "authentication replays", "failed to authenticate", "authentication failed",
        "unable to extract public key", "callback returned unsupported credentials")
    {
      if let credential {
        return (.authentication, CredentialOffer(credential).refused(by: address, operation: operation).description)
      }
      return (
        .authentication,
        """
        \(server) asks for credentials for \(shown), and none were given. Add an entry for it under `repositories` \
        in the configuration.
        """
      )
    }
    if error.code == GIT_ECERTIFICATE.rawValue {
      return (
        .network,
        "The TLS certificate of \(server) is not valid. Check the address, the machine's clock and its ca-certificates."
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
        """
      )
    }
    if says("status code: 5") {
      return (.network, "\(server) has a fault of its own (\(Escaped(error.message))). Try again later.")
    }
    if says("failed to resolve address") {
      return (
        .network, "The name \(address.host) cannot be resolved. Check the repository's address and this machine's DNS."
      )
    }
    if says("refused") {
      return (.network, "\(server) refuses the connection: nothing listens there. Check host and port of \(shown).")
    }
    if says("failed to connect", "could not connect", "unreachable", "timed out") {
      return (
        .network, "\(server) cannot be reached: \(Escaped(error.message)). Check the network and the address \(shown)."
      )
    }
    if error.category == Int32(GIT_ERROR_SSH.rawValue), says("exchange", "hostkey", "method") {
      return (
        .network,
        """
        No common SSH method with \(server): libssh2 1.10 needs one of its older key exchanges \
        (\(Escaped(error.message))).
        """
      )
    }
    if says("remote error:") {
      return (.network, "\(server) says about \(shown): \(Escaped(error.message)).")
    }
    if [GIT_ERROR_NET, GIT_ERROR_SSH, GIT_ERROR_SSL, GIT_ERROR_HTTP].map({ Int32($0.rawValue) }).contains(
      error.category)
      || error.code == GIT_EEOF.rawValue
    {
      return (
        .network,
        """
        The connection to \(server) broke while reading \(shown): \(Escaped(error.message)). Try again; if it stays \
        so, look at the server's log.
        """
      )
    }
    return (.internal, "Reading \(shown) failed: \(Escaped(error.message)).")
  }
}
