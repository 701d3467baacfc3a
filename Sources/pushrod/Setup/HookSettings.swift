import Model

/// What to enter on the pages of a sender, as text.
struct HookSettings {
  /// As in the configuration: the sender, and the source.
  var sender: String
  var page: SenderPage
  var repository: RepositoryURL
  var publicURL: String?
  /// As the person can type it.
  var secretFile: String
  /// Where the commented lines of the source stand; `nil` where none were written.
  var optionsPlace: String? = "in the configuration"
  /// The configuration, where it was there before and is kept.
  var keptConfiguration: String?

  var text: String {
    let url = "\(publicURL ?? "https://YOUR-SERVER")/webhook/\(sender)"
    let secret = "the line in \(secretFile) (show it with: cat \(ShellText.word(secretFile)))"
    let width = (page.fields.map(\.name.count).max() ?? 0) + 2
    var lines = ["On \(page.title), open \(page.place)\(address.map { ":\n  \($0)" } ?? "") and enter:"]
    lines += page.fields.map { field in
      "  " + field.name.padding(to: width)
        + field.value.replacing("{url}", with: url).replacing("{secret}", with: secret)
    }
    if case .there(let words) = page.secret {
      lines.append("Put \(words) into \(secretFile):")
      lines.append("  (umask 077; cat > \(ShellText.word(secretFile)))   and end it with Ctrl-D")
    }
    if let optionsPlace, !page.options.isEmpty {
      lines.append("Fill in the commented lines of the source \(optionsPlace).")
    }
    if let then = page.then { lines.append(then) }
    return lines.joined(separator: "\n") + note
  }

  private var address: String? {
    guard sender == "github", repository.host == "github.com" else { return nil }
    return "https://github.com/\(repository.path)/settings/hooks/new"
  }

  private var note: String {
    guard publicURL == nil else { return "" }
    if let keptConfiguration {
      return """

        YOUR-SERVER is the name under which \(page.title) reaches this machine; it can be written down as `public_url` in
        \(keptConfiguration).
        """
    }
    return """

      YOUR-SERVER is the name under which \(page.title) reaches this machine. The agent listens on 127.0.0.1:8700 only: let
      a web server with TLS pass /webhook/ on to it, or say --public-url to have the address written down.
      """
  }
}
