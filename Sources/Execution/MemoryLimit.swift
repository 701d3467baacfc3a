import Glibc

/// Bounds the memory of this process, for work on what strangers send.
enum MemoryLimit {
  /// Sets RLIMIT_DATA (setrlimit(2)), which counts what is allocated and not the files that libgit2 maps: a mirror may
  /// be larger than memory. libgit2 reports an allocation that fails; the Swift runtime ends the process.
  /// - Parameter bytes: beyond what the process has now, which is little, or terabytes under a sanitizer.
  static func set(_ bytes: Int) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(rlim_t(present + max(bytes, 64 << 20)), limit.rlim_max)
    setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
  }

  /// Data and stack in bytes: the sixth field of /proc/self/statm (proc(5)), in pages.
  private static var present: Int {
    let fields = SmallFile.read("/proc/self/statm")?.split(separator: " ") ?? []
    return fields.count > 5 ? (Int(fields[5]) ?? 0) * Int(getpagesize()) : 0
  }
}
