import Agent
import Hummingbird

/// Everything the API knows, in one place.
enum APIRoutes {
  static func table(agent: any AgentControl, access: any AccessControl) -> APIRouteTable {
    APIRouteTable(
      routes: [
        .get("/healthz", .open) { _, _ in try Response(json: ["status": "ok"]) }
      ] + AgentRoutes(agent: agent).routes + RunRoutes(agent: agent).routes + LogRoutes(agent: agent).routes
        + DeliveryRoutes(agent: agent).routes + TokenRoutes(access: access).routes
        + AuditRoutes(access: access).routes)
  }
}
