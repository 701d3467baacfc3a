import Agent
import Hummingbird

/// The inbox.
struct DeliveryRoutes: Sendable {
  let agent: any AgentControl

  func add(to router: Router<APIContext>) {
    router.get("api/deliveries") { request, _ in
      let query = try APIQuery(request, allowed: ["source", "before", "limit"])
      let deliveries = try await agent.deliveries(
        source: query.name("source"), before: query.number("before", in: 1...Int.max),
        limit: query.number("limit", in: 1...500) ?? 50)
      return try Response(json: DeliveryList(deliveries: deliveries.map { DeliveryReport($0, whole: false) }))
    }
    router.get("api/deliveries/:delivery") { request, context in
      _ = try APIQuery(request, allowed: [])
      let delivery = try await agent.delivery(number: context.positive("delivery", of: "delivery"))
      return try Response(json: DeliveryReport(delivery, whole: true))
    }
  }
}
