import Agent
import Hummingbird
import Model

/// The schedules that are in force.
struct ScheduleRoutes: Sendable {
  let agent: any AgentControl

  var routes: [APIRoute] {
    [
      .get("/api/schedules", .scope(.read)) { request, _ in
        _ = try APIQuery(request, allowed: [])
        return try Response(json: ScheduleList(schedules: await agent.schedules()))
      }
    ]
  }
}
