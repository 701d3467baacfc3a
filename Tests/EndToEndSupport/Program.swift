public import TestSupport

extension TemporaryDirectory {
  /// An executable shell script, written by another process: one that this process had open for writing could be held
  /// open by a child that another test starts just then, and cannot be executed meanwhile (ETXTBSY, execve(2)).
  public func program(_ name: String, _ text: String) throws -> String {
    try runChecked(["install", "-m", "755", "/dev/stdin", file(name)], input: Array("#!/bin/sh\n\(text)\n".utf8))
    return file(name)
  }
}
