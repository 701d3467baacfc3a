import FoundationEssentials
import Model
import Pipelines

/// Runs that people ask for: by hand, and again.
struct RunRequests: Sendable {
  let store: any RunStore
  let rules: RulesInForce
  let tips: TipLookup

  /// A run of the tip of `ref`, with the pipeline as it is now.
  func start(
    _ name: String, ref: String?, inputs: [String: String], by person: Person
  ) async throws -> Run {
    let rules = rules.current
    guard let pipeline = rules.pipeline(named: name) else {
      throw ControlError.notFound(
        "there is no pipeline `\(name)`; there are: \(rules.pipelines.map(\.name).joined(separator: ", ")).")
    }
    guard pipeline.triggers.manual else {
      throw ControlError.conflict(
        "the pipeline `\(name)` is not started by hand; add the line `manual: true` under `on:` in its file.")
    }
    let ref =
      try ref.map { typed in
        guard let ref = RefName(userTyped: typed) else {
          throw ControlError.invalid("`\(typed)` cannot be the name of a branch or a tag.")
        }
        return ref
      } ?? pipeline.usualRef
    let values = try values(inputs, for: pipeline)
    let commit = try await tips.commit(of: ref, in: pipeline, rules)
    let now = Date()
    return try await store.enqueue(
      RunRequest(
        pipeline: pipeline, trigger: .manual, ref: ref, commit: commit, pusher: person.description, mayGoBack: true,
        inputs: values.isEmpty ? nil : values),
      at: now,
      audit: AuditedAct(.run, "pipeline \(pipeline.name)", by: person, at: now))
  }

  private func values(_ inputs: [String: String], for pipeline: Pipeline) throws -> [String: String] {
    do {
      return try InputValues.values(inputs, for: pipeline)
    } catch {
      throw ControlError.invalid("\(error.description).")
    }
  }

  /// The same commit and inputs with the same pipeline, whatever its file says by now.
  func repeating(_ run: Run, by person: Person) async throws -> Run {
    guard run.state.isFinal else {
      throw ControlError.conflict("run \(run.number) is still \(run.state.words); cancel it first.")
    }
    var request = run.request
    request.origin = run.request.origin ?? (run.request.trigger == .rerun ? nil : run.request.trigger)
    request.trigger = .rerun
    request.pusher = person.description
    request.rerunOf = run.number
    request.attempt += 1
    request.interruptions = nil
    request.mayGoBack = true
    request.askedIn = nil
    let now = Date()
    return try await store.enqueue(
      request, at: now, audit: AuditedAct(.rerun, "run \(run.number)", by: person, at: now))
  }
}
