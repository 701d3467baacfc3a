/// What the steps of a run have handed on so far.
final class RunOutputs {
  private var byStep: [Int: [StepOutput]] = [:]

  /// In bytes, names and values of all steps: every one of them may come to be in the environment of one step, which Linux
  /// bounds (ARG_MAX, execve(2)).
  static let most = 1 << 20

  /// Why what a step hands on is too much, with what is there already; `nil` where it is not.
  func complaint(about outputs: [StepOutput]) -> String? {
    let size = (byStep.values.joined() + outputs).reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    return size <= RunOutputs.most || outputs.isEmpty
      ? nil
      : "with what the steps before it have handed on, $PUSHROD_OUTPUT is \(ByteCount.words(size)) and more than \(ByteCount.words(RunOutputs.most)); hand large values on in files"
  }

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
