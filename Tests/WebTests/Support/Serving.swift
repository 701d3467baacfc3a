import Agent
import Door
import Logging
import NIOCore
import ServiceLifecycle
import TestSupport

@testable import Web

/// Starts the hook endpoint on a port of the system's choice for the time of `body`.
func withHookServer(
  _ agent: FakeAgent, entrance: Entrance = Entrance(), limits: HookLimits = .patient, bodies: ByteBudget? = nil,
  _ body: (_ port: Int) async throws -> Void
) async throws {
  let (ports, announce) = AsyncStream.makeStream(of: Int.self)
  let service = HookServer.application(
    host: "127.0.0.1", port: 0, agent: agent, entrance: entrance, limits: limits, bodies: bodies, logger: .silent,
    onServerRunning: { address in announce.yield(address?.port ?? 0) })
  try await serve(service) {
    for await port in ports {
      try await body(port)
      break
    }
  }
}

/// Starts the API on a Unix socket in `directory` for the time of `body`.
func withAPIServer(
  _ agent: FakeAgent, in directory: TemporaryDirectory, _ body: (APITestClient) async throws -> Void
) async throws {
  let socket = directory.file("api.sock")
  let (started, announce) = AsyncStream.makeStream(of: Void.self)
  let service = APIServer.onSocket(
    socket, agent: agent, access: FakeAccess(), logger: .silent, onServerRunning: { announce.yield() })
  try await serve(service) {
    for await _ in started {
      try await APITestClient.with(socket: socket, body)
      break
    }
  }
}

/// Starts the API on a port of the system's choice for the time of `body`.
func withTCPServer(
  _ agent: FakeAgent, _ access: FakeAccess, entrance: Entrance = Entrance(), limits: APILimits = APILimits(),
  attempts: FailedAttempts = FailedAttempts(burst: 1_000_000), _ body: (_ port: Int) async throws -> Void
) async throws {
  let (ports, announce) = AsyncStream.makeStream(of: Int.self)
  let service = APIServer.onPort(
    host: "127.0.0.1", port: 0, names: ["deploy.example.org"], agent: agent, access: access,
    entrance: entrance, limits: limits,
    attempts: attempts, logger: .silent, accessLogger: .silent,
    onServerRunning: { address in announce.yield(address?.port ?? 0) })
  try await serve(service) {
    for await port in ports {
      try await body(port)
      break
    }
  }
}

/// Runs the service until `body` is done, then shuts it down as a signal would, and waits for its end.
private func serve(_ service: any Service, _ body: () async throws -> Void) async throws {
  let group = ServiceGroup(
    configuration: .init(services: [.init(service: service, failureTerminationBehavior: .cancelGroup)], logger: .silent)
  )
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try await group.run() }
    do {
      try await body()
    } catch {
      await group.triggerGracefulShutdown()
      throw error
    }
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
  }
}

extension HookLimits {
  /// For tests of anything but time: a machine that is busy with all the others may take long for each step.
  static let patient = HookLimits(
    headerTimeout: .minutes(2), bodyTimeout: .minutes(2), idleTimeout: .minutes(2), answerTimeout: .minutes(2))
}

extension Logger {
  static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
