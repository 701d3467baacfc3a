/// The list that `SecretUse.whereReadable` fills while a configuration is read; one for all who read secrets.
final class UnreadSecrets {
  /// `credential secret_github`, …
  var descriptions: [String] = []
  /// Of the `repositories` whose credential is among them.
  var patterns: [String] = []
}
