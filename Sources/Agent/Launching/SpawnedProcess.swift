import CLinux
import Glibc
import Model

/// Starts a program with `posix_spawn`, in a session of its own, cut off from this process in every way but
/// its standard streams: no descriptor, no signal setting and no environment is inherited.
enum SpawnedProcess {
  /// - Parameters:
  ///   - executable: absolute.
  ///   - environment: the whole of it.
  /// - Returns: the process id. The caller collects it with `waitpid`.
  /// - Throws: `LaunchFailure`.
  static func start(
    _ executable: String, arguments: [String], environment: [String: String], input: Int32, output: Int32,
    error: Int32
  ) throws(LaunchFailure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (source, target) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (error, STDERR_FILENO)] {
      posix_spawn_file_actions_adddup2(&actions, source, target)
    }
    pushrod_spawn_close_from(&actions, STDERR_FILENO + 1)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | ownSession))

    let words = ([executable] + arguments).map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, executable, &actions, &attributes, words, variables)
    guard code == 0 else {
      throw LaunchFailure("cannot start \(executable): \(String(cString: strerror(code)))", code: code)
    }
    return pid
  }

  /// What a runner needs to find itself on the machine. Configuration and secrets reach it otherwise.
  static func minimalEnvironment(from environment: [String: String]) -> [String: String] {
    environment.filter { ["PATH", "HOME", "LANG", "TZ", "USER"].contains($0.key) }
  }

  /// `POSIX_SPAWN_SETSID`; the macro is not imported into Swift.
  private static let ownSession: Int32 = 0x80
}
