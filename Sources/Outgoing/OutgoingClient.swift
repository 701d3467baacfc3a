public import AsyncHTTPClient
public import NIOCore

/// The client for everything that the agent asks others for.
///
/// Certificates are checked, redirects are not followed (an address that was configured is the one that is asked, and
/// tokens go nowhere else), and bodies are bounded by who reads them.
public enum OutgoingClient {
  /// - Parameter silence: how long the other side may send nothing before it is given up.
  public static func make(silence: TimeAmount = .seconds(30)) -> HTTPClient {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout = .init(connect: .seconds(10), read: silence, write: .seconds(30))
    configuration.decompression = .disabled
    // Whoever asks has its own idea of when to try again, and tells people why it did not work.
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }
}
