import Model

/// Something in a script that works, and that somebody will regret.
struct ScriptAdvice: Hashable {
  let place: ShellPlace
  let length: Int
  let message: String
  let suggestion: String
}

/// What `pushrod check --strict` finds in a script.
struct ScriptRules {
  /// Variables that hold secrets.
  let secrets: Set<String>

  private static let downloaders: Set<String> = ["curl", "wget"]
  private static let interpreters: Set<String> = [
    "sh", "bash", "dash", "ash", "zsh", "ksh", "python", "python3", "perl", "ruby", "node", "php",
  ]

  func advice(_ text: String) -> [ScriptAdvice] {
    let script = ShellScript(text)
    var found: [ScriptAdvice] = []
    for (index, command) in script.commands.enumerated() {
      found += exposed(command, functions: script.functions)
      if let traced = tracing(command) { found.append(traced) }
      found += UnpinnedRules.advice(command)
      if let run = downloaded(command) { found.append(run) }
      let receivers = script.commands.dropFirst(index + 1)
      if ScriptRules.downloaders.contains(command.program ?? ""), command.isPipedOn,
        let reader = pipedInto(receivers), let first = command.words.first
      {
        found.append(unread(first, reader))
      }
    }
    return found.sorted { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) }
  }

  /// What a pipe's last command is, where it carries out what it reads.
  private func pipedInto(_ receivers: ArraySlice<ShellCommand>) -> String? {
    for command in receivers {
      if let program = command.program, ScriptRules.interpreters.contains(program) {
        let isScript = command.arguments.allSatisfy { $0.text.hasPrefix("-") && $0.text != "-c" && $0.text != "-m" }
        if isScript || command.arguments.contains(where: { $0.text == "-s" }) { return program }
      }
      if !command.isPipedOn { return nil }
    }
    return nil
  }

  /// `sh -c "$(curl …)"`, `bash <(curl …)`, `eval "$(curl …)"`.
  private func downloaded(_ command: ShellCommand) -> ScriptAdvice? {
    guard let program = command.program,
      ScriptRules.interpreters.contains(program) || ["eval", ".", "source"].contains(program),
      let word = command.arguments.first(where: { $0.programs.contains(where: ScriptRules.downloaders.contains) })
    else { return nil }
    return unread(word, program)
  }

  private func unread(_ word: ShellWord, _ program: String) -> ScriptAdvice {
    ScriptAdvice(
      place: word.place, length: word.length,
      message:
        "what is downloaded is run by `\(program.shown(limit: 40))` unread: whoever can change it runs commands here",
      suggestion: "download a file of a fixed version, compare its checksum (sha256sum --check), then run it")
  }

  private func exposed(_ command: ShellCommand, functions: Set<String>) -> [ScriptAdvice] {
    guard let program = command.program, !functions.contains(program) else { return [] }
    var seen: Set<String> = []
    let variables = command.words.flatMap(\.variables).filter {
      secrets.contains($0.name) && seen.insert($0.name).inserted
    }
    if ShellBuiltins.printing.contains(program) {
      guard !command.isPipedOn, !command.isCaptured else { return [] }
      return variables.map {
        ScriptAdvice(
          place: $0.place, length: $0.length, message: "`\(program)` writes the secret `\($0.name)` to the log",
          suggestion: "leave it out: parts and other spellings of a value are not masked")
      }
    }
    guard !ShellBuiltins.names.contains(program) else { return [] }
    return variables.map {
      ScriptAdvice(
        place: $0.place, length: $0.length,
        message:
          "the secret `\($0.name)` is on the command line of `\(program.shown(limit: 40))`, where every user of the machine can read it",
        suggestion: way(program, $0.name))
    }
  }

  private func way(_ program: String, _ name: String) -> String {
    switch program {
    case "curl": "pipe it: printf 'Authorization: Bearer %s' \"$\(name)\" | curl --header @- …"
    case "docker", "podman": "name the variable alone (--env \(name)), or pipe it to --password-stdin"
    case "mysql", "mysqldump", "mariadb": "let it read MYSQL_PWD, or a file with --defaults-extra-file"
    case "psql", "pg_dump": "let it read PGPASSWORD, or a file that PGPASSFILE names"
    default: "let the program read the variable itself, a file, or its standard input"
    }
  }

  private func tracing(_ command: ShellCommand) -> ScriptAdvice? {
    guard !secrets.isEmpty, command.program == "set" else { return nil }
    let arguments = command.arguments.map(\.text)
    let isTraced = zip(arguments, arguments.dropFirst() + [""]).contains { word, next in
      (word.hasPrefix("-") && !word.hasPrefix("--") && word.contains("x"))
        || (word.hasPrefix("-") && word.hasSuffix("o") && next == "xtrace")
    }
    guard isTraced, let first = command.words.first else { return nil }
    return ScriptAdvice(
      place: first.place, length: 3, message: "`set -x` writes every command with its values to the log, secrets too",
      suggestion: "leave it out: parts and other spellings of a value are not masked")
  }
}
