/// Commands that the shell itself carries out: their words are on no command line that others can read.
enum ShellBuiltins {
  static let names: Set<String> = [
    ".", ":", "[", "[[", "alias", "bg", "break", "case", "cd", "continue", "declare", "echo", "eval", "exit", "export",
    "false", "fg", "for", "function", "getopts", "hash", "in", "jobs", "let", "local", "mapfile", "popd", "printf",
    "pushd", "pwd", "read", "readarray", "readonly", "return", "select", "set", "shift", "shopt", "source", "test",
    "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait",
  ]

  /// They write their words to where the log is read.
  static let printing: Set<String> = ["echo", "printf"]
}
