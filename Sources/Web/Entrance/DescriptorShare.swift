import Glibc

/// How the descriptors that this process may open are shared out among its doors. An `accept` without a free one helps
/// nobody, and the store and the runs' files need theirs.
enum DescriptorShare {
  /// What an agent at rest has open (its event loops, doors, store, locks and log: about twenty) and, on top of that, what
  /// taking up a delivery and a run needs for a moment.
  private static let own = 32

  /// Connections to the hook endpoint: one each.
  static var hooks: Int { max(4, (limit - own) / 2) }
  /// Connections to the API, for each of its two doors: a follower of a log has up to three files open besides.
  static var api: Int { max(1, (limit - own) / 20) }

  private static var limit: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
    return Int(clamping: limit.rlim_cur)
  }
}
