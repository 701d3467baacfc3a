import Agent
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import NIOPosix
import RunDirectory

/// The runs: listing, one run, starting, cancelling, repeating.
struct RunRoutes: Sendable {
  let agent: any AgentControl

  var routes: [APIRoute] {
    [
      .get("/api/runs", .scope(.read)) { request, _ in try await list(request) },
      .post("/api/runs", .scope(.run), body: RunRoutes.largestStart) { request, call in
        try await start(request, call)
      },
      .get("/api/runs/:run", .scope(.read)) { request, call in try await show(request, call) },
      .post("/api/runs/:run/cancel", .scope(.run)) { request, call in
        try Response(
          json: try await agent.cancel(run: number(request, call), by: call.person))
      },
      .post("/api/runs/:run/rerun", .scope(.run)) { request, call in
        try Response(
          json: try await agent.rerun(run: number(request, call), by: call.person))
      },
      .post("/api/runs/:run/approve", .scope(.run), body: APICall.largestBody) { request, call in
        try await answer(request, call, approved: true)
      },
      .post("/api/runs/:run/reject", .scope(.run), body: APICall.largestBody) { request, call in
        try await answer(request, call, approved: false)
      },
    ]
  }

  private func list(_ request: Request) async throws -> Response {
    let query = try APIQuery(request, allowed: ["pipeline", "state", "commit", "before", "limit"])
    let states = RunState.allCases.map(\.rawValue).joined(separator: ", ")
    var filter = RunFilter(
      pipeline: try query.name("pipeline"),
      state: try query.value("state", allowed: "one of \(states)", RunState.init(rawValue:)),
      before: try query.number("before", in: 1...Int.max))
    filter.commitPrefix = try query.text("commit", allowed: "4 to 64 hexadecimal digits") { text in
      (4...64).contains(text.utf8.count) && text.utf8.allSatisfy(isHexadecimalDigit)
    }?.lowercased()
    if let limit = try query.number("limit", in: 1...500) { filter.limit = limit }
    return try Response(json: RunList(runs: try await agent.runs(filter)))
  }

  private func show(_ request: Request, _ call: APICall) async throws -> Response {
    let number = try number(request, call)
    let hold = try agent.hold(run: number)
    defer { withExtendedLifetime(hold) {} }
    var run = try await agent.run(number: number)
    let directory = RunDirectory(path: agent.directory(ofRun: run.number))
    let isOfRepository = run.request.pipeline.file != nil
    let (events, steps) = try await NIOThreadPool.singleton.runIfActive {
      directory.isThere
        ? (try directory.events(), isOfRepository ? try directory.pipelineSteps() : nil) : ([], PipelineSteps?.none)
    }
    // Whoever looks at the run sees the commit, where the runner has found out which it is, and the steps that it has.
    if run.request.commit == nil { run.request.commit = events.compactMap(\.commit).last }
    if let steps { run.request.pipeline = run.request.pipeline.with(steps) }
    return try Response(
      json: RunDetail(run: run, events: events, directory: directory.path, elapsed: elapsed(run, events)))
  }

  private func elapsed(_ run: Run, _ events: [RunEvent]) -> Seconds? {
    guard run.state == .running || run.state == .waiting,
      let start = events.first(where: { $0.event == .runStarted })?.uptime
    else {
      return nil
    }
    return Seconds(max(0, Uptime.now.value - start.value))
  }

  private func answer(_ request: Request, _ call: APICall, approved: Bool) async throws -> Response {
    let number = try number(request, call)
    var said = AnswerRequest()
    if call.body.readableBytes > 0 || !approved {
      said = try call.object(
        AnswerRequest.self, names: ["step", "reason"], example: #"{"step":"go","reason":"not today"}."#)
    }
    let answer = ApprovalAnswer(approved: approved, step: said.step, reason: said.reason)
    return try Response(json: try await agent.answer(run: number, answer, by: call.person))
  }

  /// Inputs may have 128 KiB, and in JSON a character may take six times its size.
  private static let largestStart = 1 << 20

  private func start(_ request: Request, _ call: APICall) async throws -> Response {
    _ = try APIQuery(request, allowed: [])
    let wanted = try call.object(
      StartRequest.self, names: ["pipeline", "ref", "inputs"],
      example: #"{"pipeline":"shop","ref":"main","inputs":{"TARGET":"staging"}}, with texts for inputs."#)
    let run = try await agent.start(
      pipeline: wanted.pipeline, ref: wanted.ref, inputs: wanted.inputs ?? [:], by: call.person)
    return try Response(status: .created, json: run)
  }

  /// The run's number from the path; a request for one run takes no parameters.
  private func number(_ request: Request, _ call: APICall) throws -> Int {
    _ = try APIQuery(request, allowed: [])
    return try call.runNumber
  }

  private func isHexadecimalDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
