import Agent
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// How the agent is, for those who watch over it.
struct ConditionRoutes: Sendable {
  let agent: any AgentControl
  let metrics: MetricsPage

  var routes: [APIRoute] {
    [
      .get("/healthz", .open) { _, _ in try Response(json: ["status": "ok"]) },
      .get("/readyz", .open) { _, call in try ready(call) },
      .get("/metrics", .scope(.read)) { request, _ in
        _ = try APIQuery(request, allowed: [])
        return Response(
          status: .ok, headers: [.contentType: ExpositionText.contentType],
          body: ResponseBody(byteBuffer: ByteBuffer(string: try await metrics.text())))
      },
    ]
  }

  /// Anybody learns whether; why is for who may see the agent's state.
  private func ready(_ call: APICall) throws -> Response {
    let readiness = agent.readiness
    let maySee = call.caller.map { $0.scope >= .read } ?? false
    var response = try Response(
      status: readiness.isReady ? .ok : .serviceUnavailable,
      json: ReadinessReport(readiness, withReasons: maySee))
    if !readiness.isReady { response.headers[.retryAfter] = String(readiness.retryAfter) }
    return response
  }
}

/// `GET /readyz`.
public struct ReadinessReport: Codable, Sendable {
  /// `ready` or `not ready`.
  public var status: String
  /// Why not; absent where the caller may not know.
  public var reasons: [String]?

  init(_ readiness: AgentReadiness, withReasons: Bool) {
    status = readiness.isReady ? "ready" : "not ready"
    reasons = withReasons ? readiness.reasons : nil
  }
}
