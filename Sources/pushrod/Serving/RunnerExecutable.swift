import Glibc

/// Where `pushrod-runner` is: `PUSHROD_RUNNER`, else beside this executable.
enum RunnerExecutable {
  static func path(_ environment: [String: String]) -> String {
    if let path = environment["PUSHROD_RUNNER"], !path.isEmpty { return path }
    let own = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      count = buffer.withMemoryRebound(to: CChar.self) {
        max(0, readlink("/proc/self/exe", $0.baseAddress!, $0.count))
      }
    }
    let folder = own[..<(own.lastIndex(of: UInt8(ascii: "/")) ?? 0)]
    return String(decoding: folder, as: UTF8.self) + "/pushrod-runner"
  }
}
