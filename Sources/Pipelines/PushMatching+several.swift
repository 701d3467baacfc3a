public import Model

extension PushMatching {
  /// What every pipeline says to the refs that one delivery tells of, and what starts.
  ///
  /// - Returns: one decision for each pipeline, in the order given: that on the first ref which starts it, else that
  ///   on the first ref; every pair of ref and pipeline that starts; and the one line for the inbox where none does.
  public static func decide(
    _ pushes: [Push], _ pipelines: [Pipeline]
  ) -> (decisions: [Decision], starts: [(push: Push, pipeline: Pipeline)], ignored: String?) {
    let answers = pushes.map { decide($0, pipelines) }
    let starts = zip(pushes, answers).flatMap { push, answer in
      zip(pipelines, answer.decisions).filter(\.1.starts).map { (push: push, pipeline: $0.0) }
    }
    let decisions = pipelines.indices.compactMap { index in
      let own = answers.map { $0.decisions[index] }
      return own.first(where: \.starts) ?? own.first
    }
    return (decisions, starts, starts.isEmpty ? ignored(zip(pushes, answers.map(\.ignored))) : nil)
  }

  /// Of several refs each with its own reason; the same reason for all is said once.
  private static func ignored(_ reasons: some Sequence<(Push, String?)>) -> String? {
    let reasons = reasons.map { push, reason in (ref: push.ref, reason: reason ?? "nothing to start") }
    guard let first = reasons.first else { return nil }
    guard reasons.contains(where: { $0.reason != first.reason }) else { return first.reason }
    return reasons.prefix(10).map { "\($0.ref.full.shown(limit: 200)): \($0.reason)" }.joined(separator: "; ")
  }
}
