import Foundation
import TestSupport

/// A wall clock that a test sets, for one process and its children: libfaketime, which leaves the monotonic clocks alone.
public final class FakeTime {
  /// `nil` where it is not installed.
  public static let library: String? = {
    for folder in ["x86_64-linux-gnu", "aarch64-linux-gnu"] {
      let path = "/usr/lib/\(folder)/faketime/libfaketimeMT.so.1"
      if access(path, R_OK) == 0 { return path }
    }
    return nil
  }()

  private let files: TemporaryDirectory

  /// - Parameter offset: as `set` takes it.
  public init(_ offset: String) throws {
    files = try TemporaryDirectory("clock")
    try set(offset)
    try files.write("timers.c", Self.timers)
    try runChecked(["cc", "-shared", "-fPIC", "-o", files.file("timers.so"), files.file("timers.c")])
  }

  deinit {
    // What the library leaves of a process that was killed.
    let shared = "/dev/shm"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: shared)) ?? [] where name.contains("faketime_") {
      guard let pid = name.split(separator: "_").last.flatMap({ pid_t($0) }), !Processes.isAlive(pid) else { continue }
      unlink("\(shared)/\(name)")
    }
  }

  /// libfaketime 0.9.10 moves the timers of timerfd_create(2) on every clock, also on the monotonic ones, which no setting
  /// of a real clock does. These come first, and leave them as they are.
  private static let timers = """
    #define _GNU_SOURCE
    #include <sys/syscall.h>
    #include <unistd.h>
    struct itimerspec;
    int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old) {
      return (int)syscall(SYS_timerfd_settime, fd, flags, new, old);
    }
    int timerfd_gettime(int fd, struct itimerspec *now) { return (int)syscall(SYS_timerfd_gettime, fd, now); }
    """

  /// - Parameter offset: from the real time: `+1h`, `-10y`.
  public func set(_ offset: String) throws { try files.write("offset", offset + "\n") }

  /// Starts the agent, and has it start runners, by this clock.
  ///
  /// Each through env(1): the library sets a variable of its own when it is loaded first, which moves the environment,
  /// and Swift finds a program's arguments by where that begins. In the program after it, the variable is there already.
  public func start(_ agent: AgentUnderTest) throws {
    var variables = [
      "LD_PRELOAD": "\(files.file("timers.so")):\(Self.library ?? "")", "FAKETIME_TIMESTAMP_FILE": files.file("offset"),
      "FAKETIME_NO_CACHE": "1",
      "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    ]
    let assignments = variables.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
    // The agent gives a runner an environment of its own.
    variables["PUSHROD_RUNNER"] = try agent.area.program(
      "runner-with-another-clock", "exec env \(assignments) env \(builtExecutable("pushrod-runner")) \"$@\"")
    try agent.start(environment: variables, wrapper: ["env"])
  }

  /// In which year the clock is then.
  public static func year(_ offset: String) -> Int? {
    let hours = offset.hasSuffix("y") ? (Double(offset.dropLast()) ?? 0) * 365 * 24 : Double(offset.dropLast()) ?? 0
    return Calendar(identifier: .gregorian).dateComponents(
      in: .gmt, from: Date(timeIntervalSinceNow: hours * 3600)
    ).year
  }
}
