public import Model

/// The addresses that may post to a source.
public struct AllowList: Hashable, Sendable {
  public var ranges: [AddressRange]
  /// The addresses that GitHub publishes for its webhooks are in it.
  public var includesGitHub: Bool

  public enum Answer: Sendable, Hashable {
    case allowed
    case refused
    /// It may be one of GitHub's; those have never been fetched.
    case unknown
  }

  public init(ranges: [AddressRange], includesGitHub: Bool = false) {
    self.ranges = ranges
    self.includesGitHub = includesGitHub
  }

  /// - Parameters:
  ///   - address: `nil` is nobody's, and refused.
  ///   - github: GitHub's ranges; `nil` where they are not known.
  public func answer(for address: IPAddress?, github: [AddressRange]?) -> Answer {
    guard let address else { return .refused }
    if ranges.contains(where: { $0.contains(address) }) { return .allowed }
    guard includesGitHub else { return .refused }
    guard let github else { return .unknown }
    return github.contains { $0.contains(address) } ? .allowed : .refused
  }
}
