import Agent
import Hummingbird
import Model

/// The inbox.
struct DeliveryRoutes: Sendable {
  let agent: any AgentControl

  var routes: [APIRoute] {
    [
      .get("/api/deliveries", .scope(.read)) { request, _ in
        let query = try APIQuery(request, allowed: ["source", "verdict", "before", "limit"])
        let verdicts = Verdict.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        var filter = DeliveryFilter(
          source: try query.name("source"),
          verdict: try query.value("verdict", allowed: "one of \(verdicts)", Verdict.Kind.init(rawValue:)),
          before: try query.number("before", in: 1...Int.max))
        if let limit = try query.number("limit", in: 1...500) { filter.limit = limit }
        let deliveries = try await agent.deliveries(filter)
        return try Response(json: DeliveryList(deliveries: deliveries.map { DeliveryReport($0, whole: false) }))
      },
      .get("/api/deliveries/:delivery", .scope(.read)) { request, call in
        _ = try APIQuery(request, allowed: [])
        let delivery = try await agent.delivery(number: call.positive("delivery", of: "delivery"))
        return try Response(json: DeliveryReport(delivery, whole: true))
      },
      .post("/api/deliveries/:delivery/replay", .scope(.run)) { request, call in
        _ = try APIQuery(request, allowed: [])
        let delivery = try await agent.replay(
          delivery: call.positive("delivery", of: "delivery"), by: call.person)
        return try Response(status: .created, json: DeliveryReport(delivery, whole: true))
      },
    ]
  }
}
