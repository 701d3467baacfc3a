public import Pipelines

/// Where certificate and key lie.
public struct TLSFiles: Sendable, Hashable {
  /// Absolute path: PEM, the server's own certificate first, then those that lead to a root.
  public var certificate: String
  /// Absolute path: PEM, without a passphrase.
  public var key: String

  public init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }

  /// No chain and no key is larger.
  private static let longest = 1 << 20

  /// What the files hold; whether it is of any use is for others to say.
  /// - Throws: with the file that is missing, cannot be read, or is a key that is open to everybody.
  public func read() throws(Diagnostics) -> (certificate: [UInt8], key: [UInt8]) {
    let chain = try contents(certificate)
    let secret = try contents(key)
    guard secret.mode & 0o007 == 0 else {
      throw Diagnostics(
        file: key, "everybody on this machine may read or change this private key", suggestion: "chmod o= \(key)")
    }
    return (chain.bytes, secret.bytes)
  }

  private func contents(_ path: String) throws(Diagnostics) -> FileReading.Contents {
    switch FileReading.contents(of: path, atMost: TLSFiles.longest) {
    case .success(let contents): return contents
    case .failure(let failure):
      throw Diagnostics(file: path, "the file \(failure.words)", suggestion: "see `tls` in the configuration")
    }
  }

  /// Changes whenever one of the files does.
  public var fingerprint: Int { FolderFingerprint(files: [certificate, key]).hashValue }
}
