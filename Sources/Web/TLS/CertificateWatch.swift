import NIOPosix
public import ServiceLifecycle

/// Looks every two seconds whether certificate or key have changed, as tools that renew certificates do by themselves.
public struct CertificateWatch: Service {
  private let certificate: ServerCertificate
  private let interval: Duration

  public init(_ certificate: ServerCertificate, interval: Duration = .seconds(2)) {
    self.certificate = certificate
    self.interval = interval
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: interval)
        // Files may lie on a slow disk.
        try? await NIOThreadPool.singleton.runIfActive { certificate.reloadIfChanged() }
      }
    }
  }
}
