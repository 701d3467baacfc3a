import Agent
import Hummingbird

/// The agent itself: how it is, and taking new configuration.
struct AgentRoutes: Sendable {
  let agent: any AgentControl

  func add(to router: Router<APIContext>) {
    router.get("api/status") { request, _ in
      _ = try APIQuery(request, allowed: [])
      return try Response(json: await agent.status())
    }
    router.post("api/reload") { request, context in
      _ = try APIQuery(request, allowed: [])
      return try Response(json: try await agent.reload(by: SocketPeer.person(at: context.channel)))
    }
  }
}
