/// What a shell script says, as far as advice needs it: its commands with their words, and where they stand.
///
/// Not a shell: what it cannot follow it leaves out, so that advice is missing rather than wrong. The grammar is that of
/// POSIX (Shell Command Language, 2.10) with bash's process substitution and here-strings.
struct ShellScript {
  /// Those of subshells are among them; those of substitutions come after the others.
  let commands: [ShellCommand]
  /// Names of functions that it defines.
  let functions: Set<String>

  init(_ text: String) {
    var reader = ShellReader(text)
    let own = reader.commands()
    commands = own + reader.substituted
    functions = reader.functions
  }
}

/// A simple command: `NAME=value … program word …`.
struct ShellCommand {
  /// Without what is assigned in front, reserved words and redirections.
  var words: [ShellWord] = []
  /// The next command reads what it writes.
  var isPipedOn = false
  /// What it writes goes neither to the log nor to a pipe: to a file, or into a substitution.
  var isCaptured = false

  /// Programs that run the one that is named after them.
  private static let wrappers: Set<String> = ["sudo", "doas", "env", "exec", "command", "nice", "nohup"]

  /// The words from the program on, without `sudo`, `env` and their like.
  var bare: ArraySlice<ShellWord> {
    var rest = words[...]
    while let first = rest.first, ShellCommand.wrappers.contains(first.text) {
      rest = rest.dropFirst()
      rest = rest.drop { $0.text.hasPrefix("-") || ($0.text.contains("=") && !$0.text.hasPrefix("=")) }
    }
    return rest
  }

  /// The program's name without its folder.
  var program: String? { (bare.first?.text).map { String($0.split(separator: "/").last ?? "") } }

  var arguments: ArraySlice<ShellWord> { bare.dropFirst() }
}

/// A place in a script, in lines and Unicode scalars, from 0.
struct ShellPlace: Hashable {
  var line: Int
  var column: Int
}

struct ShellWord {
  /// A variable's value is put in here.
  struct Variable {
    let name: String
    let place: ShellPlace
    let length: Int
  }

  /// Without quotes; a variable stands as `$NAME`, a substitution as `$()`.
  var text = ""
  var place: ShellPlace
  /// How much of its first line it covers.
  var length = 0
  var variables: [Variable] = []
  /// The programs whose output is put in here.
  var programs: [String] = []
}
