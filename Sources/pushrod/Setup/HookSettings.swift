import Model

/// What to enter on the pages of GitHub, field by field as they stand there.
struct HookSettings {
  var repository: RepositoryURL
  var publicURL: String?
  /// As the person can type it.
  var secretFile: String

  var text: String {
    """
    On GitHub, open the repository's Settings → Webhooks → Add webhook\(page.map { ":\n  \($0)" } ?? "") and enter:
      Payload URL       \(publicURL ?? "https://YOUR-SERVER")/webhook/github
      Content type      application/json
      Secret            the line in \(secretFile) (show it with: cat \(ShellText.word(secretFile)))
      SSL verification  Enable SSL verification
      Which events …    Just the push event
      Active            ticked
    GitHub then sends a ping, and `pushrod inbox` shows it.\(note)
    """
  }

  private var page: String? {
    guard repository.host == "github.com" else { return nil }
    return "https://github.com/\(repository.path)/settings/hooks/new"
  }

  private var note: String {
    guard publicURL == nil else { return "" }
    return """

      YOUR-SERVER is the name under which GitHub reaches this machine. The agent listens on 127.0.0.1:8700 only: let a
      web server with TLS pass /webhook/ on to it, or say --public-url to have the address written down.
      """
  }
}
