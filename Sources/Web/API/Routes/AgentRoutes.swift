import Agent
import Hummingbird
import Model

/// The agent itself: how it is, and taking new configuration.
struct AgentRoutes: Sendable {
  let agent: any AgentControl

  var routes: [APIRoute] {
    [
      .get("/api/status", .scope(.read)) { request, _ in
        _ = try APIQuery(request, allowed: [])
        return try Response(json: await agent.status())
      },
      .post("/api/reload", .scope(.admin)) { request, call in
        _ = try APIQuery(request, allowed: [])
        return try Response(json: try await agent.reload(by: call.person))
      }.takingItsTime,
      // Like a reload: it is about the agent and everybody's runs, not about one run.
      .post("/api/drain", .scope(.admin)) { request, call in
        _ = try APIQuery(request, allowed: [])
        return try Response(json: try await agent.drain(true, by: call.person))
      },
      .delete("/api/drain", .scope(.admin)) { request, call in
        _ = try APIQuery(request, allowed: [])
        return try Response(json: try await agent.drain(false, by: call.person))
      },
      .post("/api/backup", .scope(.admin)) { request, call in
        _ = try APIQuery(request, allowed: [])
        return StoreCopyBody(copy: try await agent.backup(by: call.person)).response
      }.takingItsTime,
    ]
  }
}
