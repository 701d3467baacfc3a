import Model

/// What is installed from outside in whatever version is newest at the time.
enum UnpinnedRules {
  static func advice(_ command: ShellCommand) -> [ScriptAdvice] {
    guard let program = command.program else { return [] }
    let arguments = Array(command.arguments)
    let texts = arguments.map(\.text)
    func positional(after count: Int) -> [ShellWord] {
      arguments.dropFirst(count).filter { !$0.text.hasPrefix("-") }
    }
    switch program {
    case "docker", "podman":
      let pulled = texts.first == "pull" ? Array(positional(after: 1).prefix(1)) : []
      return arguments.filter { $0.text.hasSuffix(":latest") }.map {
        unpinned($0, "name a version, or a digest (@sha256:…)")
      }
        + pulled.filter { isUntagged($0.text) }.map { unpinned($0, "name a version, or a digest (@sha256:…)") }
    case "pip", "pip3": return pip(texts.first, arguments)
    case "npm", "pnpm":
      guard let verb = texts.first, ["install", "i", "add"].contains(verb),
        texts.contains("-g") || texts.contains("--global")
      else { return [] }
      return positional(after: 1).filter { !hasVersion($0.text) }.map {
        unpinned($0, "name a version: \(plain($0))@1.2.3")
      }
    case "npx":
      guard texts.contains("-y") || texts.contains("--yes") else { return [] }
      return positional(after: 0).prefix(1).filter { !hasVersion($0.text) }
        .map { unpinned($0, "name a version: \(plain($0))@1.2.3") }
    case "go":
      guard texts.first == "install" || texts.first == "run" else { return [] }
      return arguments.filter { $0.text.hasSuffix("@latest") }.map { unpinned($0, "name a version: …@v1.2.3") }
    case "cargo":
      let ways = ["--version", "--vers", "--path", "--git", "--locked"]
      guard texts.first == "install", !texts.contains(where: { word in ways.contains { word.hasPrefix($0) } }) else {
        return []
      }
      return positional(after: 1).filter { !hasVersion($0.text) }.map { unpinned($0, "add --locked --version 1.2.3") }
    default: return []
    }
  }

  private static func pip(_ verb: String?, _ arguments: [ShellWord]) -> [ScriptAdvice] {
    guard verb == "install" else { return [] }
    let withValue: Set<String> = [
      "-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-t", "--target", "-i", "--index-url",
      "--extra-index-url", "-f", "--find-links", "--prefix", "--root", "--platform", "--python-version",
    ]
    guard !arguments.contains(where: { $0.text == "-c" || $0.text.hasPrefix("--constraint") }) else { return [] }
    var found: [ScriptAdvice] = []
    var isValue = false
    for word in arguments.dropFirst() {
      defer { isValue = withValue.contains(word.text) }
      let text = word.text
      // A version, a folder, a file, an address, or what only the shell knows.
      let isSaid =
        text.contains("==") || text.contains("/") || text.contains("$") || text.hasPrefix(".") || text.hasSuffix(".whl")
      if isValue || text.hasPrefix("-") || isSaid || text == "pip" { continue }
      found.append(unpinned(word, "name a version: '\(plain(word))==1.2.3', or use a requirements file"))
    }
    return found
  }

  private static func isUntagged(_ image: String) -> Bool {
    guard !image.contains("$"), !image.contains("@") else { return false }
    return !(image.split(separator: "/").last ?? "").contains(":")
  }

  /// `name@1.2.3`; a scope's `@` at the beginning is none. What only the shell knows counts as one.
  private static func hasVersion(_ package: String) -> Bool {
    if package.contains("$") || package.hasPrefix(".") || package.hasPrefix("/") { return true }
    guard let sign = package.dropFirst().lastIndex(of: "@") else { return false }
    let version = package[package.index(after: sign)...]
    return !version.isEmpty && version != "latest"
  }

  private static func plain(_ word: ShellWord) -> String { word.text.shown(limit: 60) }

  private static func unpinned(_ word: ShellWord, _ suggestion: String) -> ScriptAdvice {
    ScriptAdvice(
      place: word.place, length: word.length,
      message: "`\(plain(word))` is whatever version is newest when the step runs", suggestion: suggestion)
  }
}
