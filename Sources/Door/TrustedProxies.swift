public import Model

/// The proxies that may speak for others, and what follows from their words. Nobody else's words about addresses are
/// read at all.
public struct TrustedProxies: Hashable, Sendable {
  private let ranges: [AddressRange]

  public init(_ ranges: [AddressRange] = []) { self.ranges = ranges }

  public var isEmpty: Bool { ranges.isEmpty }

  public func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

  /// What a proxy says cannot be understood, or two headers say different things.
  public struct Unclear: Error, Sendable, Hashable {}

  /// Whose request it is.
  ///
  /// The lists are read from the right, where each proxy has put the address that it saw: past trusted proxies, up to
  /// the first that is not one. What is left of that was written by the client, and is not looked at. A proxy that
  /// does not say who (`unknown`) is taken for the client itself.
  ///
  /// - Parameters:
  ///   - peer: who has the connection.
  ///   - forwardedFor: the values of `X-Forwarded-For`, in their order.
  ///   - forwarded: the values of `Forwarded`, in their order. It must follow its grammar from end to end.
  public func client(
    behind peer: IPAddress, forwardedFor: [String], forwarded: [String]
  ) throws(Unclear) -> IPAddress {
    guard contains(peer) else { return peer }
    var clients: [IPAddress] = []
    if !forwardedFor.isEmpty {
      let hops = forwardedFor.reversed().lazy.flatMap {
        $0.split(separator: ",", omittingEmptySubsequences: false).reversed()
      }
      clients.append(try client(behind: peer, hops.map { ForwardedNode(TrustedProxies.trimmed($0)) }))
    }
    if !forwarded.isEmpty {
      var hops: [ForwardedNode] = []
      for line in forwarded {
        guard let nodes = ForwardedHeader.nodes(line) else { throw Unclear() }
        hops += nodes
      }
      clients.append(try client(behind: peer, hops.reversed().lazy.map { $0 }))
    }
    guard let client = clients.first else { return peer }
    // A proxy that sets one of them passes the other on as the client wrote it.
    guard clients.allSatisfy({ $0 == client }) else { throw Unclear() }
    return client
  }

  private func client(
    behind peer: IPAddress, _ hops: some Sequence<ForwardedNode?>
  ) throws(Unclear) -> IPAddress {
    var client = peer
    for hop in hops {
      guard contains(client) else { return client }
      switch hop {
      case .address(let address): client = address
      case .hidden: return client
      case nil: throw Unclear()
      }
    }
    return client
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
