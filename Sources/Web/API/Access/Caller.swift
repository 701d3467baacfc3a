import Model
import NIOCore

/// Who made a request, as far as the request shows it.
enum Caller: Sendable {
  /// Somebody on this machine who may open the Unix socket.
  case local(any Channel)
  /// The holder of a token, and their address.
  case token(Token, address: String?)

  var scope: Scope {
    switch self {
    case .local: .admin
    case .token(let token, _): token.scope
    }
  }

  /// Asked for only where something is done: the name of a local user may come from a service on the network.
  var person: Person {
    get async {
      switch self {
      case .local(let channel): await SocketPeer.person(at: channel)
      case .token(let token, let address): Person(name: token.name, via: .token, address: address)
      }
    }
  }
}
