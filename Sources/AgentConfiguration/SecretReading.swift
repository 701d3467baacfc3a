import Model
import Pipelines

/// Turns references to secrets into their values. No message ever shows a value.
struct SecretReading {
  /// Where relative paths start.
  let folder: String
  let environment: [String: String]
  let use: Configuration.SecretUse
  let unread: UnreadSecrets
  /// `allow_literal_secrets: true`
  let allowsLiterals: Bool

  static let longestSecret = 64 << 10
  private static let forms = "{file: PATH}, {env: NAME} or {credential: NAME}"

  /// The secret that `value` refers to.
  ///
  /// - Parameter verbatim: keys keep their last newline; of everything else one newline at the end is not part.
  func secret(_ value: Value, verbatim: Bool = false) -> Secret? {
    guard case .mapping = value.node.content else { return literal(value) }
    let keys = ["file", "env", "credential"]
    guard let fields = value.fields(keys) else { return nil }
    fields.hide(except: keys)
    let named = keys.filter(fields.contains)
    guard named.count == 1, let reference = fields[named[0]] else {
      // A misspelt key has been reported already.
      if named.count > 1 || value.isEmptyMapping {
        value.report("\(value.subject) must say one of \(SecretReading.forms)")
      }
      return nil
    }
    guard let text = reference.string(named[0] == "file" ? "a path" : "a name") else { return nil }
    let bytes: [UInt8]? =
      switch named[0] {
      case "file": file(text, at: reference)
      case "env": variable(text, at: reference)
      default: credential(text, at: reference)
      }
    guard var bytes else { return nil }
    if !verbatim, bytes.last == UInt8(ascii: "\n") {
      bytes.removeLast()
      if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    }
    let secret = Secret(bytes)
    guard !secret.isBlank else {
      reference.report(
        "the secret in \(named[0]) `\(text.shown(limit: 200))` is empty", suggestion: "put a value there")
      return nil
    }
    return secret
  }

  /// `secrets`: every name, and the values that could be read.
  func pipelineSecrets(_ value: Value) -> (names: Set<String>, values: [String: Secret]) {
    var names: Set<String> = []
    var secrets: [String: Secret] = [:]
    for entry in value.named(atMost: 500, expected: "a mapping of names to secrets") ?? [] {
      if let complaint = VariableReading.complaint(aboutName: entry.name) {
        entry.report(complaint)
      }
      names.insert(entry.name)
      guard let secret = secret(entry.value) else { continue }
      // It becomes an environment variable.
      guard !secret.bytes.contains(0) else {
        entry.value.report("the secret `\(entry.name.shown())` contains a NUL byte, which no variable can hold")
        continue
      }
      guard secret.isLongEnough else {
        entry.value.report(
          "the secret `\(entry.name.shown())` has fewer than \(Secret.shortest) bytes: it could not be masked in logs, and can be guessed",
          suggestion: "put a longer one there, or move what is no secret to the pipeline's `env`")
        continue
      }
      secrets[entry.name] = secret
    }
    return (names, secrets)
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
    let shown = absolute.shown(limit: 300)
    switch FileReading.contents(of: absolute, atMost: SecretReading.longestSecret) {
    case .success(let contents):
      // The owner and, for `root:pushrod 0640`, a group; nobody else.
      guard contents.mode & 0o007 == 0 else {
        value.report(
          "the secret file \(shown) is open to every user (mode \(String(contents.mode, radix: 8)))",
          suggestion: "close it: chmod 600 \(shown)")
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
