import Model
import Pipelines

/// Turns references to secrets into their values. No message ever shows a value.
struct SecretReading {
  /// Where relative paths start.
  let folder: String
  let environment: [String: String]
  let use: Configuration.SecretUse
  let unread: UnreadSecrets
  let files: SecretFiles
  /// `allow_literal_secrets: true`
  let allowsLiterals: Bool

  static let longestSecret = 64 << 10
  private static let forms = "{file: PATH}, {env: NAME}, {credential: NAME} or {command: [PROGRAM, …]}"

  /// The secret that `value` refers to.
  ///
  /// - Parameter verbatim: keys keep their last newline; of everything else one newline at the end is not part.
  func secret(_ value: Value, verbatim: Bool = false) -> Secret? {
    guard case .mapping = value.node.content else { return literal(value) }
    let keys = ["file", "env", "credential", "command"]
    guard let fields = value.fields(keys + ["timeout"]) else { return nil }
    fields.hide(except: keys + ["timeout"])
    let named = keys.filter(fields.contains)
    guard named.count == 1, let reference = fields[named[0]] else {
      // A misspelt key has been reported already.
      if named.count > 1 || value.isEmptyMapping {
        value.report("\(value.subject) must say one of \(SecretReading.forms)")
      }
      return nil
    }
    if let timeout = fields["timeout"], named[0] != "command" {
      timeout.report("`timeout` is for a `command`", suggestion: "remove it")
    }
    if named[0] == "command" {
      return command(reference, timeout: fields["timeout"]).flatMap {
        secret($0, verbatim: verbatim, at: reference, named: "command")
      }
    }
    guard let text = reference.string(named[0] == "file" ? "a path" : "a name") else { return nil }
    let bytes: [UInt8]? =
      switch named[0] {
      case "file": file(text, at: reference)
      case "env": variable(text, at: reference)
      default: credential(text, at: reference)
      }
    return bytes.flatMap {
      secret($0, verbatim: verbatim, at: reference, named: "\(named[0]) `\(text.shown(limit: 200))`")
    }
  }

  private func secret(_ read: [UInt8], verbatim: Bool, at reference: Value, named name: String) -> Secret? {
    var bytes = read
    if !verbatim, bytes.last == UInt8(ascii: "\n") {
      bytes.removeLast()
      if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    }
    let secret = Secret(bytes)
    guard !secret.isBlank else {
      reference.report(
        "the secret in \(name) is empty", suggestion: "put a value there")
      return nil
    }
    return secret
  }

  /// `secrets`: every name, and the values that could be read.
  func pipelineSecrets(_ value: Value) -> PipelineSecrets {
    var found = PipelineSecrets()
    for entry in value.named(atMost: 500, expected: "a mapping of names to secrets") ?? [] {
      if let complaint = VariableReading.complaint(aboutName: entry.name) {
        entry.report(complaint)
      }
      found.names.insert(entry.name)
      guard let secret = secret(entry.value) else { continue }
      // It becomes an environment variable.
      if let obstacle = secret.obstacle {
        entry.value.report(
          "the secret `\(entry.name.shown())` \(obstacle)", suggestion: "put it there encoded, in base64 for example")
        continue
      }
      guard secret.isLongEnough else {
        let complaint = SecretReading.tooShort("the secret `\(entry.name.shown())`")
        entry.value.report(complaint.message, suggestion: complaint.suggestion)
        continue
      }
      found.values[entry.name] = secret
    }
    return found
  }

  /// Why a secret cannot be taken, and what to do.
  struct Complaint: Error {
    var message: String
    var suggestion: String?
  }

  private static func tooShort(_ subject: String) -> Complaint {
    Complaint(
      message:
        "\(subject) has fewer than \(Secret.shortest) bytes: it could not be masked in logs, and can be guessed",
      suggestion: "put a longer one there, or move what is no secret to the pipeline's `env`")
  }

  /// One of the folder's files; `nil` where this process may not read it and need not.
  func stored(_ path: String) -> Result<Secret?, Complaint> {
    let shown = path.shown(limit: 300)
    switch FileReading.contents(of: path, atMost: SecretReading.longestSecret) {
    case .success(let contents):
      guard contents.mode & 0o007 == 0 else { return .failure(open(shown, contents.mode)) }
      let secret = Secret(fileContents: contents.bytes)
      if let obstacle = secret.obstacle {
        return .failure(
          Complaint(
            message: "the secret in \(shown) \(obstacle)", suggestion: "put it there encoded, in base64 for example"))
      }
      guard secret.isLongEnough, !secret.isBlank else {
        return .failure(SecretReading.tooShort("the secret in \(shown)"))
      }
      return .success(secret)
    case .failure(.notPermitted) where use == .whereReadable:
      unread.descriptions.append("file \(shown)")
      return .success(nil)
    case .failure(.notPermitted):
      return .failure(
        Complaint(
          message: "the secret file \(shown) may not be read by this user",
          suggestion: "it has to belong to the agent's user: chown pushrod \(shown)"))
    case .failure(let failure):
      return .failure(Complaint(message: "the secret file \(shown) \(failure.words)"))
    }
  }

  private func open(_ shown: String, _ mode: UInt32) -> Complaint {
    Complaint(
      message: "the secret file \(shown) is open to every user (mode \(String(mode, radix: 8)))",
      suggestion: "close it: chmod 600 \(shown)")
  }

  /// Run when the configuration is read, so that a value is there and good before anything starts.
  private func command(_ value: Value, timeout: Value?) -> [UInt8]? {
    let seconds = timeout.map { $0.duration(atMost: SecretCommand.longestTimeout) } ?? SecretCommand.usualTimeout
    let words = (value.list(atMost: 50) ?? []).compactMap { $0.string("a word of the command") }
    guard let program = words.first, !program.isEmpty, let seconds else {
      if case .list(let items) = value.node.content, items.isEmpty {
        value.report("\(value.subject) names no program", suggestion: "write it as a list of words: [pass, show, x]")
      }
      return nil
    }
    let shown = program.shown(limit: 200)
    guard use == .required else {
      // Not from somebody's shell: it might ask them, or leave a trace as if the agent had asked.
      unread.descriptions.append("command \(shown)")
      return nil
    }
    let path = program.contains("/") ? FilePath.absolute(program, from: folder) : program
    switch SecretCommand(words: [path] + words.dropFirst(), timeout: seconds).output(environment: environment) {
    case .success(let bytes): return bytes
    case .failure(let failure):
      let said = failure.complaint.map { ": \($0)" } ?? ""
      value.report(
        "the command `\(shown)` \(failure.words)\(said)",
        suggestion: "run it as the agent's user to see what it lacks")
      return nil
    }
  }

  private func literal(_ value: Value) -> Secret? {
    value.hide()
    guard allowsLiterals else {
      // Not `mismatch`: it would show what is written here.
      value.report(
        "\(value.subject) must be \(SecretReading.forms); a secret written into the configuration is refused",
        suggestion: "move the value to a file of its own, or set `allow_literal_secrets: true`")
      return nil
    }
    guard case .scalar(let text, _) = value.node.content, !value.isNull else {
      value.report("\(value.subject) must be \(SecretReading.forms), or a text", suggestion: nil)
      return nil
    }
    let secret = Secret(text)
    guard !secret.isBlank else {
      value.report("\(value.subject) is an empty secret", suggestion: "put a value there")
      return nil
    }
    return secret
  }

  private func file(_ path: String, at value: Value) -> [UInt8]? {
    let absolute = FilePath.absolute(path, from: folder)
    files.paths.append(absolute)
    let shown = absolute.shown(limit: 300)
    switch FileReading.contents(of: absolute, atMost: SecretReading.longestSecret) {
    case .success(let contents):
      // The owner and, for `root:pushrod 0640`, a group; nobody else.
      guard contents.mode & 0o007 == 0 else {
        let complaint = open(shown, contents.mode)
        value.report(complaint.message, suggestion: complaint.suggestion)
        return nil
      }
      return contents.bytes
    case .failure(.notPermitted) where use == .whereReadable:
      unread.descriptions.append("file \(shown)")
      return nil
    case .failure(let failure):
      value.report("the secret file \(shown) \(failure.words)", suggestion: advice(failure, path: shown))
      return nil
    }
  }

  private func advice(_ failure: FileReading.Failure, path: String) -> String? {
    switch failure {
    case .missing: "create it: (umask 077; printf %s 'THE SECRET' > \(path))"
    case .notPermitted: "make it readable for the agent's user: chgrp pushrod \(path) && chmod 640 \(path)"
    default: nil
    }
  }

  private func variable(_ name: String, at value: Value) -> [UInt8]? {
    guard let text = environment[name] else {
      guard use == .required else {
        unread.descriptions.append("environment variable \(name.shown())")
        return nil
      }
      value.report("the environment variable \(name.shown()) is not set", suggestion: "set it for the agent")
      return nil
    }
    // Whatever of a variable is no text has been replaced before it comes here.
    guard !text.unicodeScalars.contains("\u{fffd}") else {
      value.report(
        "the environment variable \(name.shown()) is not UTF-8 text",
        suggestion: "put it there encoded, in base64 for example")
      return nil
    }
    return Array(text.utf8)
  }

  /// systemd.exec(5), `LoadCredential=`.
  private func credential(_ name: String, at value: Value) -> [UInt8]? {
    guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), name.utf8.count <= 255 else {
      value.report("`\(name.shown())` cannot name a credential")
      return nil
    }
    guard let folder = environment["CREDENTIALS_DIRECTORY"], folder.hasPrefix("/") else {
      guard use == .required else {
        unread.descriptions.append("credential \(name.shown())")
        return nil
      }
      value.report(
        "credential `\(name.shown())` cannot be read: the agent was not given any (CREDENTIALS_DIRECTORY is not set)",
        suggestion: credentialAdvice(name) + ", or use {file: PATH}")
      return nil
    }
    switch FileReading.bytes(of: folder + "/" + name, atMost: SecretReading.longestSecret) {
    case .success(let bytes): return bytes
    case .failure(let failure):
      value.report(
        "credential `\(name.shown())` \(failure.words)",
        suggestion: credentialAdvice(name))
      return nil
    }
  }

  /// The shipped unit hands over each file of a folder as `secret_<file>`; systemd reads it when the agent starts.
  private func credentialAdvice(_ name: String) -> String {
    name.hasPrefix("secret_")
      ? "write the secret to /etc/pushrod/secrets/\(name.dropFirst(7).shown()) and restart pushrod.service"
      : "add LoadCredential=\(name.shown()):/path/of/the/secret to pushrod.service and restart it"
  }
}
