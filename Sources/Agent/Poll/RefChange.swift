import Model

/// What became of one ref since a pipeline was told of it last.
enum RefChange: Hashable {
  case created(RefTip)
  case moved(from: RefTip, to: RefTip)
  case deleted(RefTip)

  var ref: RefName {
    switch self {
    case .created(let tip), .moved(_, let tip), .deleted(let tip): tip.ref
    }
  }

  /// Zeros for a new ref.
  var before: CommitID {
    switch self {
    case .created(let tip): tip.commit.zeros
    case .moved(let tip, _), .deleted(let tip): tip.commit
    }
  }

  /// Zeros where the ref is gone.
  var after: CommitID {
    switch self {
    case .created(let tip), .moved(_, let tip): tip.commit
    case .deleted(let tip): tip.commit.zeros
    }
  }

  /// What the pipeline is to be remembered to have been told.
  func move(for pipeline: Pipeline) -> RefMove {
    var move = RefMove(
      pipeline: pipeline.name, repository: pipeline.repository.identity, ref: ref, commit: nil,
      basis: .seen(since: before.isZero ? nil : before))
    if case .created(let tip) = self { (move.commit, move.tag) = (tip.commit, tip.tag) }
    if case .moved(_, let tip) = self { (move.commit, move.tag) = (tip.commit, tip.tag) }
    return move
  }
}
