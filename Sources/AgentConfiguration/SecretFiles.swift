/// The files that secrets were read from, or were to be; one for all who read secrets.
final class SecretFiles {
  /// Absolute.
  var paths: [String] = []
}
