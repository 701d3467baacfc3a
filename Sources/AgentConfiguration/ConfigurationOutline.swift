public import Pipelines

/// What a configuration says of who posts and where, for a command line that need not be able to read any secret.
public struct ConfigurationOutline: Sendable {
  /// The names of `sources`.
  public var sources: Set<String>
  /// Without a slash at its end.
  public var publicURL: String?

  /// - Throws: where the file cannot be read at all; other mistakes in it are for `pushrod check`.
  public static func read(file: String) throws(Diagnostics) -> ConfigurationOutline {
    let entries = try ConfigurationFile.entries(of: file)
    var outline = ConfigurationOutline(sources: [], publicURL: nil)
    if case .mapping(let sources)? = entries.first(where: { $0.key == "sources" })?.value.content {
      outline.sources = Set(sources.map(\.key))
    }
    if let value = entries.first(where: { $0.key == "public_url" })?.value, !value.isNull,
      case .scalar(var url, _) = value.content
    {
      while url.hasSuffix("/") { url.removeLast() }
      outline.publicURL = url
    }
    return outline
  }
}
