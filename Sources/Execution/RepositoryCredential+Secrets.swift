import Model

extension RepositoryCredential {
  /// What must not show up in a log.
  var secrets: [String] {
    switch access {
    case .token(let token): [token]
    case .password(_, let password): [password]
    case .key(_, let privateKey, _): [privateKey]
    }
  }
}
