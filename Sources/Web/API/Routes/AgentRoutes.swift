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
      },
      .post("/api/backup", .scope(.admin)) { request, call in
        _ = try APIQuery(request, allowed: [])
        return StoreCopyBody(copy: try await agent.backup(by: call.person)).response
      },
    ]
  }
}
