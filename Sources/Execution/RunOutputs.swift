/// What the steps of a run have handed on so far.
final class RunOutputs {
  private var byStep: [Int: [StepOutput]] = [:]

  func add(_ outputs: [StepOutput], of step: Int) { byStep[step] = outputs }

  /// What those steps have handed on, or all of them; of a name that several gave, the value of the last in the file.
  func values(of steps: Set<Int>? = nil) -> [StepOutput] {
    var values: [String: String] = [:]
    for (step, outputs) in byStep.sorted(by: { $0.key < $1.key }) where steps?.contains(step) ?? true {
      for output in outputs { values[output.name] = output.value }
    }
    return values.map { StepOutput(name: $0.key, value: $0.value) }
  }
}
