import Execution
import Glibc
import Model

/// The executable that carries out one run. The agent starts it; people see it in `ps`.
@main
enum PushrodRunner {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "--version": print("pushrod-runner \(PushrodVersion.current)")
    case "--help", "-h": print(usage)
    case "probe" where arguments.count == 1: leave(Probe.run())
    case let word?
    where arguments.count > 1 || word.hasPrefix("-") || word == "probe":
      let bytes = Array((usage + "\n").utf8)
      _ = write(2, bytes, bytes.count)
      leave(2)
    case let directory: leave(Runner.run(directory: directory))
    }
  }

  /// Without the C library's clean-up at exit: everything is on disk, and libgit2 need not be taken down.
  private static func leave(_ code: Int32) -> Never { _exit(code) }

  private static let usage = """
    usage: pushrod-runner [RUN-DIRECTORY]   carry out a run; one line of JSON (Handover) on standard input
           pushrod-runner probe             list the refs of remotes; one line of JSON (ProbeRequest) on standard input
           pushrod-runner --version
    """
}
