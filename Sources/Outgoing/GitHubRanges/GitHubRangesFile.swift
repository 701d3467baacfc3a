public import FoundationEssentials
public import Model

/// The last good list of GitHub's addresses, on disk: what an agent that starts without GitHub works by.
public struct GitHubRangesFile: Sendable {
  /// What the file holds.
  public struct Contents: Sendable, Hashable {
    public var fetchedAt: Date
    public var ranges: [AddressRange]

    public init(fetchedAt: Date, ranges: [AddressRange]) {
      self.fetchedAt = fetchedAt
      self.ranges = ranges
    }
  }

  private struct Stored: Codable {
    /// Seconds since 1970.
    var fetchedAt: Int
    var hooks: [String]
  }

  public let path: String

  /// - Parameter folder: the agent's own.
  public init(folder: String) { path = folder + "/github-addresses.json" }

  /// `nil` where there is none, or none that can be used.
  public func read() -> Contents? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)), data.count <= GitHubMeta.longest,
      let stored = try? JSON.decoder().decode(Stored.self, from: data),
      let ranges = try? GitHubMeta.ranges(stored.hooks)
    else { return nil }
    return Contents(fetchedAt: Date(timeIntervalSince1970: Double(stored.fetchedAt)), ranges: ranges)
  }

  /// Replaces the file in one step.
  func write(_ contents: Contents) throws {
    let stored = Stored(
      fetchedAt: Int(contents.fetchedAt.timeIntervalSince1970), hooks: contents.ranges.map(\.description))
    try JSON.encoder(pretty: true).encode(stored).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
