/// `api`: the API over TCP.
public struct APIConfiguration: Sendable, Hashable {
  public var listen: ListenAddress
  /// What the agent is called there, besides the address that it listens on and the loopback's names; in lower case.
  public var hosts: [String]

  public init(listen: ListenAddress, hosts: [String] = []) {
    self.listen = listen
    self.hosts = hosts
  }
}
