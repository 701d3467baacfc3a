/// What may name a variable of a process's environment.
public enum VariableName {
  /// In bytes.
  public static let longest = 128

  /// Letters, digits and `_`, not beginning with a digit (POSIX, Base Definitions 8.1), at most `longest`.
  public static func isValid(_ text: String) -> Bool {
    guard (1...longest).contains(text.utf8.count), let first = text.utf8.first, !(0x30...0x39).contains(first) else {
      return false
    }
    return text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
    }
  }

  private static let decisive: Set<String> = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "IFS", "ENV", "CDPATH", "PS4", "BASH_ENV", "BASHOPTS", "SHELLOPTS",
    "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "NLSPATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "NODE_OPTIONS",
    "NODE_PATH", "PERL5OPT", "PERL5LIB", "PERL5DB", "RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS",
    "EDITOR", "VISUAL", "PAGER", "TMPDIR", "CI",
  ]
  private static let decisiveBeginnings = ["LD_", "GIT_", "BASH_FUNC", "DYLD_"]

  /// Whether it decides which program runs, or what that loads before its own work: text that somebody has given or a step
  /// has read somewhere must not choose that for a step.
  public static func isDecisive(_ name: String) -> Bool {
    let upper = name.uppercased()
    return decisive.contains(upper) || decisiveBeginnings.contains(where: upper.hasPrefix)
  }

  /// The sentence about a text that is not valid.
  public static func complaint(about text: String) -> String {
    "`\(text.shown(limit: 60))` cannot name a variable: use letters, digits and `_`, not beginning with a digit"
  }
}
