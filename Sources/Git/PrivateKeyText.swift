import FoundationEssentials

/// A private key as text, looked at before it is used: a server's refusal would not say what is wrong with it.
struct PrivateKeyText {
  private let text: String

  init(_ text: String) { self.text = text }

  /// - Throws: `.authentication` for keys that libssh2 cannot use.
  func requireUsable(for address: RemoteAddress, operation: String) throws(GitFailure) {
    let advice =
      "Make one with `ssh-keygen -t ed25519 -N \"\" -f FILE` and add FILE.pub as the repository's deploy key."
    func refuse(_ what: String) -> GitFailure {
      GitFailure(.authentication, operation: operation, "The key configured for \(address.shown) \(what) \(advice)")
    }
    guard !text.utf8.contains(0), text.contains("-----BEGIN "), text.contains("PRIVATE KEY-----") else {
      throw refuse("is not an OpenSSH private key (the file without .pub).")
    }
    let rsa = "is an RSA key. libssh2 1.10 can sign with it in SHA-1 only, which servers refuse; an ed25519 key works."
    if text.contains("-----BEGIN RSA PRIVATE KEY-----") { throw refuse(rsa) }
    if text.contains("ENCRYPTED") { throw refuse("has a passphrase, which nobody can type in a deploy.") }
    guard let blob = openSSHBlob else { return }
    guard let header = OpenSSHKeyHeader(blob) else {
      throw refuse("is damaged: its Base64 text does not hold an OpenSSH key.")
    }
    if header.cipher != "none" { throw refuse("has a passphrase, which nobody can type in a deploy.") }
    if header.keyType == "ssh-rsa" { throw refuse(rsa) }
    if header.keyType.hasPrefix("sk-") {
      throw refuse("needs a security token to be touched, which nobody can do in a deploy.")
    }
  }

  /// What stands between the BEGIN and END lines; `nil` for the other PEM formats.
  private var openSSHBlob: [UInt8]? {
    guard let begin = text.firstRange(of: "-----BEGIN OPENSSH PRIVATE KEY-----"),
      let end = text.firstRange(of: "-----END OPENSSH PRIVATE KEY-----"), begin.upperBound <= end.lowerBound
    else { return nil }
    let base64 = text[begin.upperBound..<end.lowerBound].filter { !$0.isWhitespace }
    return Data(base64Encoded: base64).map(Array.init) ?? []
  }
}

/// The unencrypted beginning of an OpenSSH private key (OpenSSH's PROTOCOL.key).
private struct OpenSSHKeyHeader {
  let cipher: String
  let keyType: String

  init?(_ blob: [UInt8]) {
    let magic = Array("openssh-key-v1\0".utf8)
    guard blob.starts(with: magic) else { return nil }
    var reader = SSHWireReader(blob[magic.count...])
    guard let cipher = reader.string(), reader.string() != nil, reader.string() != nil, reader.integer() == 1,
      let publicKey = reader.string()
    else { return nil }
    var inner = SSHWireReader(publicKey)
    guard let type = inner.string() else { return nil }
    self.cipher = String(decoding: cipher, as: UTF8.self)
    keyType = String(decoding: type, as: UTF8.self)
  }
}
