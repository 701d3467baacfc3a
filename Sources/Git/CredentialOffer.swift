import CGit2

/// A configured credential on its way to libgit2.
struct CredentialOffer {
  private let credential: RemoteCredential

  init(_ credential: RemoteCredential) { self.credential = credential }

  /// Makes the libgit2 value. `types` says what the server takes.
  func make(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, address: RemoteAddress, user: String?,
    types: UInt32, operation: String
  ) throws(GitFailure) -> Int32 {
    func unsuitable(_ what: String) -> GitFailure {
      GitFailure(
        .authentication, operation: operation,
        """
        \(address.server) does not take \(what) for \(address.shown). Configure \
        \(address.scheme == "ssh" ? "`key` and `known_hosts`" : "`token`, or `user` and `password`,") for it under \
        `repositories`.
        """
      )
    }
    switch credential {
    case .token(let token):
      guard types & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0 else { throw unsuitable("a token") }
      try refuseNUL(token, "token", address, operation)
      // GitLab insists on this name for OAuth tokens and takes any name for others.
      let isGitLab = address.host.split(separator: ".").contains("gitlab")
      return git_credential_userpass_plaintext_new(out, user ?? (isGitLab ? "oauth2" : "x-access-token"), token)
    case .password(let name, let password):
      guard types & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0 else { throw unsuitable("a password") }
      try refuseNUL(name + password, "user or password", address, operation)
      return git_credential_userpass_plaintext_new(out, name, password)
    case .key(let name, let privateKey, _):
      let memory = GIT_CREDENTIAL_SSH_MEMORY.rawValue | GIT_CREDENTIAL_SSH_KEY.rawValue
      guard types & memory != 0 else { throw unsuitable("a key") }
      try PrivateKeyText(privateKey).requireUsable(for: address, operation: operation)
      let text = privateKey.hasSuffix("\n") ? privateKey : privateKey + "\n"
      return git_credential_ssh_key_memory_new(out, user ?? name ?? "git", nil, text, nil)
    }
  }

  /// The server has seen the credential and said no.
  func refused(by address: RemoteAddress, operation: String) -> GitFailure {
    let sentence =
      switch credential {
      case .token:
        """
        \(address.server) refuses the token configured for \(address.shown). It may have expired, or lack the right \
        to read this repository: make a new one and put it in place.
        """
      case .password(let user, _):
        "\(address.server) refuses the password of user \(Escaped(user)) configured for \(address.shown). Check both."
      case .key:
        """
        \(address.server) refuses the key configured for \(address.shown). Add its public half as a deploy key (read \
        access) of the repository, or configure the right one.
        """
      }
    return GitFailure(.authentication, operation: operation, sentence)
  }

  private func refuseNUL(_ text: String, _ what: String, _ address: RemoteAddress, _ operation: String)
    throws(GitFailure)
  {
    guard text.utf8.contains(0) else { return }
    throw GitFailure(
      .authentication, operation: operation,
      "The \(what) configured for \(address.shown) holds a NUL byte, so it cannot be right.")
  }
}
