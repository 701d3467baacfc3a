/// Finds the rules of time zones by their names; whoever may read files makes it.
public struct Zones: Sendable {
  public typealias Find = @Sendable (_ name: String) -> Result<ZoneRules, ZoneFailure>

  public let find: Find

  public init(find: @escaping Find) { self.find = find }
}

/// Why a zone's rules cannot be had: a clause that follows its name.
public struct ZoneFailure: Error, Hashable, Sendable {
  public let words: String
  /// What to write or do instead.
  public let suggestion: String?

  public init(_ words: String, suggestion: String? = nil) {
    self.words = words
    self.suggestion = suggestion
  }
}
