import EndToEndSupport
import Foundation
import TestSupport

/// A runner on a machine that has no cgroup v2 tree.
enum WithoutCgroups {
  static let isPossible: Bool = geteuid() == 0 && (try? run(["unshare", "--mount", "true"]).status) == 0

  /// - Returns: the path of a program that is a runner and sees no cgroup file system.
  static func runner(in area: TemporaryDirectory) throws -> String {
    try area.program(
      "runner-without-cgroups",
      """
      [ "$1" = probe ] && exec \(builtExecutable("pushrod-runner")) "$@"
      exec unshare --mount sh -c '
        awk "\\$0 ~ / - cgroup2 / { print \\$5 }" /proc/self/mountinfo | while read -r place; do umount -l "$place"; done
        exec \(builtExecutable("pushrod-runner")) "$@"' sh "$@"
      """)
  }
}
