import Model
import RunDirectory

/// What a step finds of earlier runs, and what it leaves: its caches and its artifacts.
struct StepKeeping {
  private let caches: StepCaches
  private let artifacts: StepArtifacts?

  /// - Parameters:
  ///   - say: gets lines for the step's log, without their ends.
  ///   - isStopped: the step is to end; what takes long asks now and then.
  init(
    _ step: Step, spec: RunSpec, directory: RunDirectory, masker: Masker, say: @escaping (String) -> Void,
    isStopped: @escaping () -> Bool
  ) {
    caches = StepCaches(step, spec: spec, say: say, isStopped: isStopped)
    artifacts = step.artifacts.map {
      StepArtifacts(
        patterns: $0, workspace: spec.workspace, directory: directory, say: say,
        isSecret: { masker.masked($0) != $0 }, isStopped: isStopped)
    }
  }

  /// Before its first try.
  func begin() { caches.restore() }

  /// After its last one.
  func end(succeeded: Bool) {
    if succeeded { caches.keep() }
    artifacts?.keep()
  }
}
