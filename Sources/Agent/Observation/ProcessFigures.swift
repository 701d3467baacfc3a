import Glibc
public import Model

/// What the system knows of this process. Reads `/proc`, which other than a disk does not keep anybody waiting.
public enum ProcessFigures {
  /// Measures without labels, with their values; what the system does not say is left out.
  public static func now() -> [Measure: Double] {
    var figures: [Measure: Double] = [:]
    var usage = rusage()
    if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
      figures[.processCPU] = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
    let pages = words("/proc/self/statm")
    if pages.count > 1, let all = Double(pages[0]), let resident = Double(pages[1]) {
      let size = Double(sysconf(Int32(_SC_PAGESIZE)))
      figures[.processVirtual] = all * size
      figures[.processResident] = resident * size
    }
    figures[.processOpenFiles] = openFiles.map(Double.init)
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      figures[.processMostFiles] = limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }
    figures[.processStart] = start
    return figures
  }

  /// Measured once: the wall clock may be set later, and the process has begun when it has begun.
  private static let start: Double? = {
    // Behind the name, which may hold anything, field 3 follows; the start is field 22 (proc(5)).
    let status = text("/proc/self/stat")
    guard let end = status.lastIndex(of: ")") else { return nil }
    let fields = status[status.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
    var (sinceBoot, now) = (timespec(), timespec())
    clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
    clock_gettime(CLOCK_REALTIME, &now)
    return seconds(now) - (seconds(sinceBoot) - ticks / Double(sysconf(Int32(_SC_CLK_TCK))))
  }()

  private static var openFiles: Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // `.`, `..` and the folder itself.
    return max(0, count - 3)
  }

  private static func words(_ path: String) -> [Substring] { text(path).split(separator: " ") }

  private static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
  private static func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }
}
