import Model

/// What a step may call the values that it hands on.
enum OutputName {
  /// Variables that decide which program runs, or what it loads before its own work: a step that hands on text it has
  /// read somewhere must not choose that for the next one.
  private static let refused: Set<String> = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "IFS", "ENV", "CDPATH", "PS4", "BASH_ENV", "BASHOPTS", "SHELLOPTS",
    "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "NLSPATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5OPT", "PERL5LIB", "PERL5DB", "RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "EDITOR",
    "VISUAL", "PAGER",
    "TMPDIR", "CI",
  ]
  private static let refusedBeginnings = ["PUSHROD", "LD_", "GIT_", "BASH_FUNC", "DYLD_"]

  /// - Returns: `nil` where the name will do.
  static func complaint(about name: String, secrets: Set<String>) -> String? {
    guard VariableName.isValid(name) else { return VariableName.complaint(about: name) }
    let shown = name.shown(limit: 60)
    if secrets.contains(name) { return "`\(shown)` is the name of a secret" }
    let upper = name.uppercased()
    if refused.contains(upper) || refusedBeginnings.contains(where: upper.hasPrefix) {
      return "`\(shown)` cannot be handed on: it is Pushrod's own, or decides what programs run"
    }
    return nil
  }
}
