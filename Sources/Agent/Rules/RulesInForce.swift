public import Logging
import Model
import Synchronization

/// The ruleset that counts now, and the way to a new one.
///
/// A new one comes into force whole or not at all: where the files are broken the old one stays, and the
/// reason is kept for `status` and the log.
public final class RulesInForce: Sendable {
  private struct State {
    var rules: Ruleset
    var fingerprint: Int
    var error: String?
    /// A whole reload was asked for and failed. Good pipelines alone do not mend a broken configuration.
    var isReloadDue = false
  }

  private let state: Mutex<State>
  private let origin: RulesOrigin
  /// One reload at a time, in the order they were asked for.
  private let work = BlockingWork("rules")
  private let logger: Logger

  /// - Parameter rules: what was loaded when the agent started.
  public init(_ rules: Ruleset, origin: RulesOrigin, logger: Logger) {
    state = Mutex(State(rules: rules, fingerprint: origin.fingerprint(), error: nil))
    self.origin = origin
    self.logger = logger
  }

  public var current: Ruleset { state.withLock { $0.rules } }

  /// Why the last reload changed nothing; `nil` where what is on disk is in force.
  public var reloadError: String? { state.withLock { $0.error } }

  /// Reads configuration and pipelines again.
  /// - Throws: `ControlError.invalid` with all that is wrong, where the old rules stay.
  public func reload() async throws -> ReloadReport {
    try await work.run { [self] in
      let fingerprint = origin.fingerprint()
      let loaded = try keepingOld(fingerprint, isWhole: true) { try origin.load() }
      adopt(loaded.rules, fingerprint)
      return ReloadReport(
        pipelines: loaded.rules.pipelines.map(\.name), sources: loaded.rules.sources.keys.sorted(),
        needsRestart: loaded.needsRestart)
    }
  }

  /// Reads the pipelines again where a file has changed since the last time; everything, where the last whole reload
  /// failed.
  public func reloadChangedPipelines() async {
    // What went wrong has been logged and is shown by `status`.
    _ = try? await work.run { [self] in
      let fingerprint = origin.fingerprint()
      let known = state.withLock { $0 }
      guard fingerprint != known.fingerprint else { return }
      if known.isReloadDue, let loaded = try? keepingOld(fingerprint, isWhole: true, { try origin.load() }) {
        return adopt(loaded.rules, fingerprint)
      }
      var rules = known.rules
      rules.pipelines = try keepingOld(fingerprint) { try origin.loadPipelines(rules) }
      adopt(rules, fingerprint, stillBroken: known.isReloadDue ? reloadError : nil)
    }
  }

  private func adopt(_ rules: Ruleset, _ fingerprint: Int, stillBroken error: String? = nil) {
    state.withLock {
      $0 = State(rules: rules, fingerprint: fingerprint, error: error, isReloadDue: error != nil)
    }
    logger.info(
      "new rules are in force",
      metadata: [
        "event": "reloaded", "pipelines": "\(rules.pipelines.map(\.name).joined(separator: ","))",
        "sources": "\(rules.sources.keys.sorted().joined(separator: ","))",
      ])
  }

  private func keepingOld<Value>(
    _ fingerprint: Int, isWhole: Bool = false, _ load: () throws -> Value
  ) throws -> Value {
    do {
      return try load()
    } catch {
      let sentence = "\(error)"
      state.withLock {
        $0.error = sentence
        // Told once; the next change of a file is the next attempt.
        $0.fingerprint = fingerprint
        if isWhole { $0.isReloadDue = true }
      }
      logger.error(
        "the new rules are broken, the old ones stay in force",
        metadata: ["event": "reload_failed", "error": "\(sentence)"])
      throw ControlError.invalid(sentence)
    }
  }
}
