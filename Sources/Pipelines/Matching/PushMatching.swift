public import Model

/// Which pipelines a push starts, and the exact rule that said so.
public enum PushMatching {
  /// What one pipeline says to a push.
  public static func decide(_ push: Push, _ pipeline: Pipeline) -> Decision {
    let answer = repositoryRule(push, pipeline) ?? triggerRules(push, pipeline)
    return Decision(pipeline: pipeline.name, starts: answer.starts, reason: answer.reason)
  }

  /// What every pipeline says, in the order given, and the one line for the inbox where none starts.
  ///
  /// Pipelines of other repositories are not mentioned in that line; where several of the push's own repository say
  /// no, each is named with its reason.
  public static func decide(
    _ push: Push, _ pipelines: [Pipeline]
  ) -> (decisions: [Decision], ignored: String?) {
    let decisions = pipelines.map { decide(push, $0) }
    guard !decisions.contains(where: \.starts) else { return (decisions, nil) }
    let own = zip(pipelines, decisions).filter { concerns(push, $0.0) }.map(\.1)
    return (decisions, own.isEmpty ? "no pipeline for \(named(push))" : Decision.line(own))
  }

  /// Whether the push is to the pipeline's repository: one of the payload's addresses has the same identity as the
  /// configured one.
  ///
  /// A payload without any address, as Bitbucket Data Center's may be, has only project and name: they are compared
  /// with the end of the configured address, in any case, for Data Center writes the project in capital letters here
  /// and in small ones there. The sender is proved, and what is fetched is the configured repository.
  public static func concerns(_ push: Push, _ pipeline: Pipeline) -> Bool {
    guard push.addresses.isEmpty else {
      let identity = pipeline.repository.identity
      return push.addresses.contains { $0.identity == identity }
    }
    let end = pipeline.repository.path.split(separator: "/").suffix(2).joined(separator: "/")
    return end.lowercased() == push.repository.lowercased()
  }

  /// The push's repository, and what else there is to know of it where nothing matches it.
  private static func named(_ push: Push) -> String {
    let name = push.repository.shown()
    return push.addresses.isEmpty ? "\(name) (the payload has no address of it, so only this name is compared)" : name
  }

  private typealias Answer = (starts: Bool, reason: String)

  private static func no(_ reason: String) -> Answer { (false, reason) }

  private static func repositoryRule(_ push: Push, _ pipeline: Pipeline) -> Answer? {
    guard !concerns(push, pipeline) else { return nil }
    guard push.repository == pipeline.repository.name, let address = push.addresses.first else {
      return no("repository is \(named(push)), the pipeline's is \(pipeline.repository.name.shown())")
    }
    // The same name in two places: only the whole identity tells them apart.
    return no(
      "repository is \(address.identity.shown(limit: 120)), the pipeline's is \(pipeline.repository.identity.shown(limit: 120))"
    )
  }

  private static func triggerRules(_ push: Push, _ pipeline: Pipeline) -> Answer {
    guard let trigger = pipeline.triggers.push else { return no("the pipeline is not started by pushes") }
    guard !push.deleted, !push.after.isZero else { return no("\(push.ref.full.shown(limit: 200)) was deleted") }
    let answer =
      if let branch = push.ref.branch {
        refRule(
          kind: "branch", name: branch, patterns: trigger.branches,
          other: (kind: "tags", patterns: trigger.tags))
      } else if let tag = push.ref.tag {
        refRule(
          kind: "tag", name: tag, patterns: trigger.tags,
          other: (kind: "branches", patterns: trigger.branches ?? ["**"]))
      } else {
        no("\(push.ref.full.shown(limit: 200)) is neither a branch nor a tag")
      }
    guard answer.starts else { return answer }
    if let skip = trigger.skip, push.message?.contains(skip) == true {
      return no("the commit message contains \"\(skip.shown())\"")
    }
    guard let paths = trigger.paths, push.ref.tag == nil else { return answer }
    return (true, answer.reason + "; the run finds out whether a file in \(listed(paths)) changed")
  }

  /// - Parameter other: what the trigger says of the other kind of ref; `nil` patterns where it says nothing.
  private static func refRule(
    kind: String, name: String, patterns: [String]?, other: (kind: String, patterns: [String]?)
  ) -> Answer {
    let quoted = "\(kind) \"\(name.shown(limit: 200))\""
    guard let patterns else {
      guard let theirs = other.patterns else { return (true, "\(quoted): every \(kind) matches") }
      return no("\(quoted) is not a match: only \(other.kind) in \(listed(theirs)) start the pipeline")
    }
    return nameRule(quoted, name: name, patterns: patterns)
  }

  /// - Parameter quoted: the name with its kind, as the reason begins.
  static func nameRule(_ quoted: String, name: String, patterns: [String]) -> (starts: Bool, reason: String) {
    guard let list = try? GlobList(patterns) else { return no("the pipeline's patterns cannot be read") }
    return switch list.answer(to: name) {
    case .included(let pattern): (true, "\(quoted) matches \"\(pattern.shown(limit: 256))\"")
    case .excluded(let pattern): no("\(quoted) excluded by \"\(pattern.shown(limit: 256))\"")
    case .unmatched: no("\(quoted) not in \(listed(patterns))")
    }
  }

  /// `[main, release/**]`, the first ten.
  static func listed(_ items: some Collection<String>) -> String {
    let more = items.count > 10 ? ", and \(items.count - 10) more" : ""
    return "[" + items.prefix(10).map { $0.shown(limit: 256) }.joined(separator: ", ") + more + "]"
  }
}
