public import Agent
public import Door
public import Logging
public import NIOCore
public import ServiceLifecycle

/// The TCP listener: `POST /webhook/<source>`, `GET /healthz`, and nothing else.
public enum HookServer {
  /// A service that listens until it is shut down; requests that are being answered then get their answers.
  ///
  /// - Parameters:
  ///   - entrance: what every connection has to pass first.
  ///   - bodies: what all bodies together may take; `limits.bodyMemory` where `nil`.
  ///   - port: 0 lets the system choose.
  ///   - socket: a listening socket that counts in place of host and port; owned from here on.
  ///   - onServerRunning: called once with the address that was bound.
  public static func application(
    host: String, port: Int, socket: Int32? = nil, agent: any AgentControl, entrance: Entrance = Entrance(),
    limits: HookLimits = HookLimits(), bodies: ByteBudget? = nil, logger: Logger,
    onServerRunning: @escaping @Sendable (SocketAddress?) async -> Void = { _ in }
  ) -> any Service {
    let hooks = HookChannel(
      agent: agent, limits: limits, proxies: entrance.proxies,
      // One body in any case; never all there is, unless it is no more than that.
      bodies: bodies ?? ByteBudget(limits.bodyMemory, share: max(limits.body, limits.bodyMemory / 2)))
    return HookListener(
      place: socket.map { .socket($0) } ?? .address(host: host, port: port),
      child: EntranceChannel(hooks, behind: entrance),
      mostConnections: min(limits.connections, DescriptorShare.hooks), logger: logger,
      onServerRunning: { channel in await onServerRunning(channel.localAddress) })
  }
}
