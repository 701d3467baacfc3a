/// What holds for a step, from what it says itself and what its pipeline says for all.
extension Pipeline {
  /// Those of all lists. Where they stand in the repository and are not known, one that says nothing of its own stands for
  /// them: what the pipeline says holds for each.
  public var everyStep: [Step] {
    let all = steps + (onFailure ?? []) + finally
    return all.isEmpty && file != nil ? [Step(name: "", run: "")] : all
  }

  /// The system user whom `step` runs as; `nil`: the runner's.
  public func user(of step: Step) -> String? { step.user ?? user }

  /// What `step` sees of the machine; `nil`: all that its user does.
  public func sandbox(of step: Step) -> Sandbox? {
    (step.sandbox ?? sandbox).flatMap { $0.isOff == true ? nil : $0 }
  }

  /// What `step` may use: its own limits, and the pipeline's for the rest.
  public func limits(of step: Step) -> StepLimits { (step.limits ?? StepLimits()).filled(from: limits) }
}
