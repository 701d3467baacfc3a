public import Model

/// Which pipelines a delivery starts, by its pushes or as an event, and the exact rules that said so.
public enum DeliveryMatching {
  /// What all pipelines together say to a delivery.
  public struct Answer: Sendable, Hashable {
    /// One for each pipeline, in the order given.
    public var decisions: [Decision]
    /// What is to be queued, in this order, with the pipelines as they were given.
    public var runs: [RunRequest]
    /// The one line for the inbox where nothing starts; else `nil`.
    public var ignored: String?
  }

  /// What every pipeline says to `event`. One that a push starts is not started again by the same delivery's being an
  /// event as well.
  public static func decide(_ event: SenderEvent, _ pipelines: [Pipeline]) -> Answer {
    guard !event.isGreeting else { return greeting(event, pipelines) }
    let byPush = event.pushes.isEmpty ? nil : PushMatching.decide(event.pushes, pipelines)
    var matching = EventMatching(event)
    var decisions: [Decision] = []
    var runs = (byPush?.starts ?? []).map { run(of: $0.pipeline, $0.push) }
    for (index, pipeline) in pipelines.enumerated() {
      let push = byPush?.decisions[index]
      if let push, push.starts {
        decisions.append(push)
        continue
      }
      let answer = matching.answer(of: pipeline)
      if let answer, answer.starts { runs.append(run(of: pipeline)) }
      decisions.append(
        Decision(
          pipeline: pipeline.name, starts: answer?.starts == true, reason: reason(event, pipeline, push, answer)))
    }
    return Answer(
      decisions: decisions, runs: runs,
      ignored: runs.isEmpty ? line(event, byPush?.ignored, pipelines, decisions) : nil)
  }

  private static func greeting(_ event: SenderEvent, _ pipelines: [Pipeline]) -> Answer {
    let reason = event.notAPush ?? "it starts nothing"
    return Answer(
      decisions: pipelines.map { Decision(pipeline: $0.name, starts: false, reason: reason) }, runs: [],
      ignored: reason)
  }

  private static func run(of pipeline: Pipeline, _ push: Push) -> RunRequest {
    RunRequest(
      pipeline: pipeline, trigger: .push, ref: push.ref, commit: push.after,
      before: push.before.isZero ? nil : push.before, pusher: push.pusher, message: push.message)
  }

  /// Nothing in an event chooses what is run: it is the tip of the pipeline's own ref.
  private static func run(of pipeline: Pipeline) -> RunRequest {
    RunRequest(pipeline: pipeline, trigger: .webhook, ref: pipeline.usualRef, commit: nil)
  }

  /// The rule of each kind of trigger that the pipeline has and that could have started it.
  private static func reason(
    _ event: SenderEvent, _ pipeline: Pipeline, _ push: Decision?, _ answer: EventMatching.Answer?
  ) -> String {
    if let answer, answer.starts { return answer.reason }
    guard pipeline.triggers.push != nil else {
      return answer?.reason ?? push?.reason ?? "the pipeline is not started by events"
    }
    guard let rule = push?.reason ?? event.notAPush else {
      return answer?.reason ?? "the pipeline is started by pushes, and this is none"
    }
    guard let answer, EventMatching.listens(pipeline, to: event) else { return rule }
    return push == nil ? answer.reason : "\(rule); \(answer.reason)"
  }

  private static func line(
    _ event: SenderEvent, _ byPush: String?, _ pipelines: [Pipeline], _ decisions: [Decision]
  ) -> String {
    guard pipelines.contains(where: { EventMatching.listens($0, to: event) }) else {
      return byPush ?? event.notAPush ?? "no pipeline listens to source \"\(event.source.shown())\""
    }
    let own = zip(pipelines, decisions).filter { pipeline, _ in
      EventMatching.listens(pipeline, to: event)
        || event.pushes.contains { PushMatching.concerns($0, pipeline) }
    }
    let line = Decision.line(own.map(\.1))
    // What pipelines say to the event comes second: it was sent for the push.
    guard event.isEmptyPush, let reason = event.notAPush else { return line }
    return "\(reason); \(line)"
  }
}

extension Decision {
  /// The reasons in one line; those of several pipelines with their names.
  static func line(_ decisions: [Decision]) -> String {
    decisions.count == 1
      ? decisions[0].reason : decisions.map { "\($0.pipeline): \($0.reason)" }.joined(separator: "; ")
  }
}
