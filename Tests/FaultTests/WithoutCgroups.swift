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

extension TemporaryDirectory {
  /// An executable shell script, written by another process: one that this process had open for writing could be held
  /// open by a child that another test starts just then, and cannot be executed meanwhile (ETXTBSY, execve(2)).
  func program(_ name: String, _ text: String) throws -> String {
    try runChecked(["install", "-m", "755", "/dev/stdin", file(name)], input: Array("#!/bin/sh\n\(text)\n".utf8))
    return file(name)
  }
}
