import Agent
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import NIOPosix
import RunDirectory

/// A run's log: live as server-sent events, or as plain text.
struct LogRoutes: Sendable {
  let agent: any AgentControl

  var routes: [APIRoute] {
    [
      .get("/api/runs/:run/log", .scope(.read)) { request, call in try await runLog(request, call) },
      .get("/api/runs/:run/steps/:step/log", .scope(.read)) { request, call in try await stepLog(request, call) },
    ]
  }

  private func runLog(_ request: Request, _ call: APICall) async throws -> Response {
    let number = try call.runNumber
    let wantsEvents = request.headers[values: .accept].contains { $0.lowercased().contains("text/event-stream") }
    guard wantsEvents else {
      _ = try APIQuery(request, allowed: [])
      let hold = try agent.hold(run: number)
      let run = try await agent.run(number: number)
      let directory = RunDirectory(path: agent.directory(ofRun: number))
      let paths = try await starts(in: directory, of: run).compactMap(directory.stepLogPath)
      return try await LogText(paths: paths, of: hold).response(to: request)
    }
    let query = try APIQuery(request, allowed: ["from", "follow", "times"])
    let place = "a position as the stream's ids give it, such as 1024.77"
    // A browser that reconnects sends the header; it is later than what the address says.
    var start = try query.value("from", allowed: place, LogPosition.init) ?? .start
    if let last = request.headers.first(where: { $0.name.canonicalName == "last-event-id" })?.value {
      guard let position = LogPosition(last) else {
        throw APIFailure.invalid("The header Last-Event-ID must be \(place).")
      }
      start = position
    }
    let hold = try agent.hold(run: number)
    let log = LiveLog(
      agent: agent, run: number, hold: hold, start: start, follows: try query.flag("follow", default: true),
      withTimes: try query.flag("times", default: false), caller: call.caller)
    // A run that does not exist is a 404, not a stream that ends.
    let run = try await agent.run(number: number)
    _ = try await starts(in: RunDirectory(path: agent.directory(ofRun: number)), of: run, tellsReason: true)
    return log.response
  }

  private func stepLog(_ request: Request, _ call: APICall) async throws -> Response {
    _ = try APIQuery(request, allowed: [])
    let number = try call.runNumber
    let hold = try agent.hold(run: number)
    let run = try await agent.run(number: number)
    let directory = RunDirectory(path: agent.directory(ofRun: number))
    let step = call.parameters["step"].flatMap { Int($0) }
    guard let start = try await starts(in: directory, of: run).first(where: { $0.step == step && step != nil }),
      let path = directory.stepLogPath(start)
    else {
      throw APIFailure.notFound("Run \(number) has not started a step of that number; 0 is the fetch.")
    }
    return try await LogText(paths: [path], of: hold).response(to: request)
  }

  /// The beginnings of the steps that have begun, in that order.
  ///
  /// - Parameter tellsReason: the answer says why a run ended that no runner came to end; there need not be a directory.
  /// - Throws: `APIFailure` 404 where a run that has ended has no directory: it was removed, or could not be made.
  private func starts(
    in directory: RunDirectory, of run: Run, tellsReason: Bool = false
  ) async throws -> [RunEvent] {
    let events = try await NIOThreadPool.singleton.runIfActive {
      directory.isThere ? try directory.events() : nil
    }
    guard events != nil || run.startedAt == nil || !run.state.isFinal else {
      guard run.took == nil, let reason = run.reason else {
        throw APIFailure.notFound("The log of run \(run.number) is not there any more.")
      }
      guard !tellsReason else { return [] }
      throw APIFailure.notFound("Run \(run.number) has no log: \(reason)")
    }
    return (events ?? []).filter { $0.event == .stepStarted }
  }
}
