public import Agent
import Glibc
import Hummingbird
import HummingbirdCore
public import Logging
public import NIOCore
import NIOPosix
public import ServiceLifecycle

/// The API: one set of routes behind two doors.
///
/// Both are services that listen until they are shut down. Followers of logs are cut off then; they come back.
public enum APIServer {
  /// On a Unix socket: who may open it may ask for everything.
  ///
  /// - Parameters:
  ///   - path: absolute, at most 107 bytes (unix(7)); a socket that is left there is replaced.
  ///   - onServerRunning: called once, when connections are accepted.
  public static func onSocket(
    _ path: String, agent: any AgentControl, access: any AccessControl, metrics: MetricsPage = MetricsPage(),
    logger: Logger,
    onServerRunning: @escaping @Sendable () async -> Void = {}
  ) -> any Service {
    APIListener(
      failure: { ListenFailure($0, socket: path) },
      server: server(
        .unixDomainSocket(path: path),
        APIResponder(
          hosts: HostCheck(), authentication: .socket,
          table: APIRoutes.table(agent: agent, access: access, metrics: metrics)),
        logger: logger,
        onServerRunning: { _ in
          // Owner and group, no one else. Until here the umask decided, which gives the group at most less.
          if chmod(path, 0o660) != 0 {
            logger.error("cannot set the permissions of \(path): \(String(cString: strerror(errno)))")
          }
          await onServerRunning()
        }))
  }

  /// On a TCP port: every request but `GET /healthz` and `GET /readyz` needs a token.
  ///
  /// - Parameters:
  ///   - port: 0 lets the system choose.
  ///   - names: what the agent is called there, besides `host` and the loopback's names.
  ///   - entrance: what a connection passes first: its count, TLS, the words of proxies.
  ///   - accessLogger: told of refused requests.
  ///   - onServerRunning: called once with the address that was bound.
  public static func onPort(
    host: String, port: Int, names: [String], agent: any AgentControl, access: any AccessControl,
    metrics: MetricsPage = MetricsPage(), entrance: Entrance = Entrance(), logger: Logger, accessLogger: Logger,
    onServerRunning: @escaping @Sendable (SocketAddress?) async -> Void = { _ in }
  ) -> any Service {
    onPort(
      host: host, port: port, names: names, agent: agent, access: access, metrics: metrics, entrance: entrance,
      limits: APILimits(), attempts: FailedAttempts(), logger: logger, accessLogger: accessLogger,
      onServerRunning: onServerRunning)
  }

  /// The same with other bounds.
  static func onPort(
    host: String, port: Int, names: [String], agent: any AgentControl, access: any AccessControl,
    metrics: MetricsPage = MetricsPage(), entrance: Entrance, limits: APILimits, attempts: FailedAttempts,
    logger: Logger, accessLogger: Logger,
    onServerRunning: @escaping @Sendable (SocketAddress?) async -> Void
  ) -> any Service {
    APIListener(
      failure: { ListenFailure($0, key: "api.listen", host: host, port: port) },
      server: server(
        .hostname(host, port: port),
        APIResponder(
          hosts: HostCheck(names: names + [host]),
          authentication: .tokens(access, attempts, entrance.proxies, accessLogger),
          table: APIRoutes.table(agent: agent, access: access, metrics: metrics)),
        behind: entrance, limits: limits, logger: logger,
        onServerRunning: { channel in await onServerRunning(channel.localAddress) }))
  }

  private static func server(
    _ address: BindAddress, _ responder: APIResponder, behind entrance: Entrance? = nil,
    limits: APILimits = APILimits(), logger: Logger,
    onServerRunning: @escaping @Sendable (any Channel) async -> Void
  ) -> any Service {
    Application(
      responder: responder,
      server: HTTPServerBuilder { respond in
        let channel = APIChannel(responder: respond, limits: limits)
        return if let entrance { EntranceChannel(channel, behind: entrance) } else { channel }
      },
      configuration: ApplicationConfiguration(
        address: address,
        availableConnectionsDelegate: .maximum(min(limits.connections, DescriptorShare.api), logger: logger)),
      onServerRunning: onServerRunning,
      logger: logger)
  }
}

/// A server of the API, which says where it could not listen.
private struct APIListener: Service {
  let failure: @Sendable (any Error) -> ListenFailure?
  let server: any Service

  func run() async throws {
    do {
      try await server.run()
    } catch {
      throw failure(error) ?? error
    }
  }
}
