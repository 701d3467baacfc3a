import Agent

/// Everything the API knows, in one place.
enum APIRoutes {
  static func table(
    agent: any AgentControl, access: any AccessControl, metrics: MetricsPage = MetricsPage()
  ) -> APIRouteTable {
    APIRouteTable(
      routes: ConditionRoutes(agent: agent, metrics: metrics).routes + AgentRoutes(agent: agent).routes
        + RunRoutes(agent: agent).routes + LogRoutes(agent: agent).routes
        + ArtifactRoutes(agent: agent).routes
        + ScheduleRoutes(agent: agent).routes
        + DeliveryRoutes(agent: agent).routes + TokenRoutes(access: access).routes
        + AuditRoutes(access: access).routes)
  }
}
