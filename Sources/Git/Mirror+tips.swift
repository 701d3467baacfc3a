extension Mirror {
  /// Asks a server for its refs, as `git ls-remote` does. Writes nothing.
  public static func tips(url: String, policy: RemotePolicy) throws(GitFailure) -> [RemoteTip] {
    let operation = "list"
    let address = try RemoteAddress(url, allowedSchemes: policy.allowedSchemes, operation: operation)
    try policy.checkDeadline(operation, "asking \(address.shown)")
    let all = try RemoteAttempts.run(policy, message: { _ in }) { () throws(GitFailure) in
      try RemoteSession.with(
        address, policy: policy, operation: operation, progress: { _ in }, message: { _ in }
      ) { session throws(GitFailure) in
        try Remote(session).connect()
      }
    }
    var tips: [RemoteTip] = []
    for (name, id) in all {
      if name.hasSuffix("^{}"), tips.last?.name == String(name.dropLast(3)) {
        tips[tips.count - 1].peeled = id.hex
      } else {
        tips.append(RemoteTip(name: name, id: id.hex, peeled: nil))
      }
    }
    return tips
  }
}
