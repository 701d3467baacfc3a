import Model

extension Headers {
  /// These headers for people's eyes.
  ///
  /// Some senders put the shared secret itself into a header (`X-Gitlab-Token`, `Authorization`), so the value
  /// of every field whose name speaks of one is left out. A signature proves knowledge of the secret and is
  /// only shortened: its beginning tells whether two deliveries were signed alike.
  var withoutSecrets: Headers {
    Headers(
      fields.map { field in
        if Headers.secretWords.contains(where: field.name.contains) {
          Field(name: field.name, value: "(not shown)")
        } else if field.name.contains("signature") || field.name.contains("hmac") {
          Field(name: field.name, value: Headers.shortened(field.value))
        } else {
          field
        }
      })
  }

  private static let secretWords = ["authorization", "token", "secret", "cookie", "password", "api-key", "apikey"]

  private static func shortened(_ value: String) -> String {
    value.count > 20 ? "\(value.prefix(15))…" : "(not shown)"
  }
}
