import TestSupport

extension TemporaryDirectory {
  /// An executable shell script.
  ///
  /// Written by another process: a file that this one had open for writing could be held open a moment longer by
  /// a child that another test starts just then, and cannot be executed meanwhile (ETXTBSY, execve(2)).
  func script(_ name: String, _ text: String) throws -> String {
    try runChecked(["install", "-m", "755", "/dev/stdin", file(name)], input: Array("#!/bin/sh\n\(text)\n".utf8))
    return file(name)
  }
}
