import Glibc

/// How many files the agent may have open at once.
enum DescriptorLimit {
  /// As the shipped units have it.
  private static let wanted: rlim_t = 65_536

  /// Takes what the system allows: the usual 1024 are there for programs that use select(2), which the agent does not.
  static func raise() {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < wanted else { return }
    limit.rlim_cur = min(wanted, limit.rlim_max)
    _ = setrlimit(resource, &limit)
  }
}
