/// Who asks the agent for something: a person, or a program that acts for one.
public struct Person: Codable, Hashable, Sendable, CustomStringConvertible {
  /// The way by which the agent knows who it is.
  public enum Via: String, Codable, Sendable {
    /// The local Unix socket: the kernel says which user it is.
    case socket
    /// A bearer token over TCP.
    case token
    /// A signal to the process. Nobody can say who sent it.
    case signal
  }

  /// The user's name, the token's name, or the signal's.
  public var name: String
  public var via: Via
  /// The address that the request came from, over TCP.
  public var address: String?

  public init(name: String, via: Via, address: String? = nil) {
    self.name = name
    self.via = via
    self.address = address
  }

  /// As runs and reasons show it: `ada`, `token ci`. A token may have the name of a user and is not that user.
  public var description: String { via == .token ? "token \(name)" : name }
}
