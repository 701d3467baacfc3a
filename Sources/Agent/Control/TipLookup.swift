import Model
import RunDirectory

/// Finds the commit that a ref stands at, for runs that are started by hand.
struct TipLookup: Sendable {
  let probe: RunnerProbe
  private static let timeout: Seconds = 30

  /// - Throws: `ControlError`.
  func commit(of ref: RefName, in pipeline: Pipeline, _ rules: Ruleset) async throws -> CommitID {
    let url = pipeline.repository.url
    let answer: ProbeAnswer
    do {
      answer = try await probe.ask(
        ProbeRequest(
          remotes: [.init(url: url, credentials: rules.credentials, allowedSchemes: rules.allowedSchemes)],
          timeout: TipLookup.timeout, limits: rules.fetchLimits))
    } catch let failure as RunnerProbe.Failure {
      throw ControlError.unavailable("\(url) could not be asked for \(ref.short): \(failure)")
    }
    guard let remote = answer.remotes.first, let tips = remote.tips else {
      throw ControlError.unavailable(answer.remotes.first?.error ?? "\(url) gave no answer.")
    }
    guard let tip = tips.first(where: { $0.name == ref.full }) else {
      throw ControlError.invalid("\(url) has no \(ref.full); look at `git ls-remote \(url)`.")
    }
    guard let commit = CommitID(tip.peeled ?? tip.id) else {
      throw ControlError.unavailable("\(url) gave something that is no commit id for \(ref.full).")
    }
    return commit
  }
}
