public import AsyncHTTPClient
import NIOCore

/// The client for everything that the agent asks others for.
///
/// Certificates are checked, redirects are not followed (an address that was configured is the one that is asked, and
/// tokens go nowhere else), and bodies are bounded by who reads them.
public enum OutgoingClient {
  public static func make() -> HTTPClient {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout = .init(connect: .seconds(10), read: .seconds(30), write: .seconds(30))
    configuration.decompression = .disabled
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }
}
