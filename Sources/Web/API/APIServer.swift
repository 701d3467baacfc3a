public import Agent
import Glibc
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// The API, on a Unix socket: who may open the socket may ask for everything.
public enum APIServer {
  /// A service that listens until it is shut down. Followers of logs are cut off then; they come back.
  ///
  /// - Parameters:
  ///   - socketPath: absolute, at most 107 bytes (unix(7)); a socket that is left there is replaced.
  ///   - onServerRunning: called once, when connections are accepted.
  public static func application(
    socketPath: String, agent: any AgentControl, logger: Logger,
    onServerRunning: @escaping @Sendable () async -> Void = {}
  ) -> any Service {
    Application(
      responder: APIRoutes.router(agent: agent).buildResponder(),
      server: .http1(configuration: .init(idleTimeout: .seconds(75))),
      configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socketPath)),
      onServerRunning: { _ in
        // Owner and group, no one else. Until here the umask decided, which gives the group at most less.
        if chmod(socketPath, 0o660) != 0 {
          logger.error("cannot set the permissions of \(socketPath): \(String(cString: strerror(errno)))")
        }
        await onServerRunning()
      },
      logger: logger)
  }
}
