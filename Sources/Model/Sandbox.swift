/// What a step sees of the machine: everything, read-only, with a temporary folder of its own, but for what is named here.
public struct Sandbox: Codable, Hashable, Sendable {
  /// `false`: there is no network but the loopback of its own.
  public var hasNetwork: Bool
  /// Absolute paths that it may write to, besides the workspace.
  public var write: [String]
  /// Of a step: it is in none, whatever its pipeline says; `nil`: false.
  public var isOff: Bool?

  public init(hasNetwork: Bool = false, write: [String] = [], isOff: Bool? = nil) {
    self.hasNetwork = hasNetwork
    self.write = write
    self.isOff = isOff
  }
}
