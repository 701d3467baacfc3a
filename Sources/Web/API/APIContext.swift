import Hummingbird
import NIOCore

/// What a request to the API carries along: the connection, from which it is known who asks.
struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}
