import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The listening socket of the hook endpoint: opened here, or by systemd before the agent was there.
///
/// Hummingbird's own server cannot take a socket that is open already. This does what that one does: so many
/// connections at a time, and at the end no new ones, while those that are open are told and come to their end.
struct HookListener<Child: ServerChildChannel>: Service {
  enum Place: Sendable {
    case address(host: String, port: Int)
    /// Listening; owned from here on.
    case socket(Int32)
  }

  let place: Place
  let child: Child
  let mostConnections: Int
  let logger: Logger
  let onServerRunning: @Sendable (any Channel) async -> Void

  func run() async throws {
    let server = try await open()
    let connections = OpenConnections()
    await withGracefulShutdownHandler {
      await onServerRunning(server.channel)
      await withDiscardingTaskGroup { group in
        do {
          try await server.executeThenClose { inbound in
            for try await connection in inbound {
              connections.add(connection.channel)
              group.addTask {
                await child.handle(value: connection, logger: logger)
                connections.remove(connection.channel)
              }
            }
          }
        } catch is CancellationError {
          // Another part of the agent has failed, which says why.
        } catch {
          logger.error("the hook listener broke off: \(error)")
        }
      }
    } onGracefulShutdown: {
      // First no more is accepted, then, when what was accepted has arrived here, the socket is closed: NIO drops
      // connections that are on their way through it. Those that are not accepted wait for the next agent where the
      // socket is systemd's.
      server.channel.setOption(.autoRead, value: false).whenComplete { _ in
        server.channel.eventLoop.scheduleTask(in: .milliseconds(100)) { server.channel.close(promise: nil) }
      }
      connections.quiesce()
    }
  }

  private func open() async throws -> NIOAsyncChannel<Child.Value, Never> {
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AvailableConnectionsChannelHandler(
              delegate: MaximumAvailableConnections(mostConnections, logger: logger)))
        }
      }
    let setup: @Sendable (any Channel) -> EventLoopFuture<Child.Value> = { child.setup(channel: $0, logger: logger) }
    switch place {
    case .address(let host, let port):
      do {
        return try await bootstrap.bind(
          host: host, port: port, serverBackPressureStrategy: nil, childChannelInitializer: setup)
      } catch {
        if let failure = ListenFailure(error, key: "listen", host: host, port: port) { throw failure }
        throw error
      }
    case .socket(let descriptor):
      return try await bootstrap.bind(descriptor, serverBackPressureStrategy: nil, childChannelInitializer: setup)
    }
  }
}

/// The connections that are open now, so that they can be told when the server stops.
private final class OpenConnections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isQuiescing = false
  }

  private let state = Mutex(State())

  func add(_ channel: any Channel) {
    let isQuiescing = state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = channel
      return state.isQuiescing
    }
    if isQuiescing { OpenConnections.tell(channel) }
  }

  func remove(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = nil } }

  func quiesce() {
    let channels = state.withLock { state in
      state.isQuiescing = true
      return Array(state.channels.values)
    }
    for channel in channels { OpenConnections.tell(channel) }
  }

  private static func tell(_ channel: any Channel) {
    channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
  }
}
