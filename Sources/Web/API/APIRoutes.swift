import Agent
import Hummingbird

/// Everything the API knows, in one place.
enum APIRoutes {
  static func router(agent: any AgentControl) -> Router<APIContext> {
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: FailureMiddleware())
    AgentRoutes(agent: agent).add(to: router)
    RunRoutes(agent: agent).add(to: router)
    LogRoutes(agent: agent).add(to: router)
    DeliveryRoutes(agent: agent).add(to: router)
    return router
  }
}
