import Agent
import Model
import NIOCore

/// Who made a request, as far as the request shows it.
enum Caller: Sendable {
  /// Somebody on this machine who may open the Unix socket.
  case local(any Channel)
  /// The holder of a token, and their address.
  case token(Token, address: String?, any AccessControl)

  var scope: Scope {
    switch self {
    case .local: .admin
    case .token(let token, _, _): token.scope
    }
  }

  /// For answers that take long: a token that was removed opens nothing any more.
  var stillCounts: Bool {
    switch self {
    case .local: true
    case .token(let token, _, let access): access.stillCounts(token)
    }
  }

  /// Asked for only where something is done: the name of a local user may come from a service on the network.
  var person: Person {
    get async {
      switch self {
      case .local(let channel): await SocketPeer.person(at: channel)
      case .token(let token, let address, _): Person(name: token.name, via: .token, address: address)
      }
    }
  }
}
