/// Where the certificate comes from. Assembly fills it in, so that this target knows nothing of the configuration.
///
/// Both are synchronous and may read files; they are called off the cooperative thread pool.
public struct CertificateOrigin: Sendable {
  /// The error's description is shown to people.
  public var load: @Sendable () throws -> LoadedCertificate
  /// Changes whenever what `load` reads does.
  public var fingerprint: @Sendable () -> Int

  public init(load: @escaping @Sendable () throws -> LoadedCertificate, fingerprint: @escaping @Sendable () -> Int) {
    self.load = load
    self.fingerprint = fingerprint
  }
}
