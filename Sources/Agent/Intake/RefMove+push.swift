import Model
import Pipelines

extension RefMove {
  /// What the pushes of a delivery tell the pipelines of their repository: where the refs that they watch now stand,
  /// also where a pipeline has a reason of its own to start nothing, and which refs are gone.
  ///
  /// - Parameter isLate: whether the agent has looked at the pipeline's refs since the delivery was sent.
  static func told(
    by pushes: [Push], to pipelines: [Pipeline], isLate: (Pipeline) -> Bool = { _ in false }
  ) -> [RefMove] {
    pushes.flatMap { push in
      pipelines.compactMap { pipeline in
        guard let trigger = pipeline.triggers.push, PushMatching.concerns(push, pipeline) else { return nil }
        let isGone = push.deleted || push.after.isZero
        guard isGone || WatchedRefs(trigger).contains(push.ref) else { return nil }
        return RefMove(
          pipeline: pipeline.name, repository: pipeline.repository.identity, ref: push.ref,
          commit: isGone ? nil : push.after, basis: isLate(pipeline) ? .late : .told)
      }
    }
  }
}
