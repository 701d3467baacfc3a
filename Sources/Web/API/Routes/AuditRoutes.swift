import Agent
import Hummingbird
import Model

/// Who did what.
struct AuditRoutes: Sendable {
  let access: any AccessControl

  var routes: [APIRoute] {
    [
      .get("/api/audit", .scope(.admin)) { request, _ in
        let query = try APIQuery(request, allowed: ["before", "limit"])
        let entries = try await access.audit(
          before: query.number("before", in: 1...Int.max), limit: query.number("limit", in: 1...500) ?? 50)
        return try Response(json: AuditList(entries: entries.map { AuditReport($0) }))
      }
    ]
  }
}
