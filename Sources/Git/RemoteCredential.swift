/// What to show to a server that asks who is there.
public enum RemoteCredential: Sendable {
  /// Sent as the password of the user that forges expect beside a token: `oauth2` for GitLab, else
  /// `x-access-token`.
  case token(String)
  case password(user: String, password: String)
  /// An OpenSSH private key and the known_hosts lines to check the server with, both as text.
  /// `user` is used where the address names none; `git` where neither does.
  case key(user: String?, privateKey: String, knownHosts: String)
}
