/// A certificate of its own root, for `localhost` and 127.0.0.1, made by openssl.
public struct TestCertificate: Sendable {
  public let certificate: String
  public let key: String

  /// Makes `<name>.pem` and `<name>.key` (closed to others) in `folder`.
  /// - Parameter days: how long it is valid from now on.
  public init(in folder: TemporaryDirectory, name: String = "server", days: Int = 30) throws {
    certificate = folder.file("\(name).pem")
    key = folder.file("\(name).key")
    try runChecked([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
      "\(days)", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
      "-out", certificate,
    ])
    try runChecked(["chmod", "600", key])
  }
}
