public import Logging
import NIOSSL
import Synchronization

/// The certificate in force. A new one comes into force whole or not at all.
public final class ServerCertificate: Sendable {
  private struct State {
    var origin: CertificateOrigin
    var loaded: LoadedCertificate
    var fingerprint: Int
    /// What was asked for last and could not be had.
    var wanted: CertificateOrigin?
  }

  private let state: Mutex<State>
  private let logger: Logger

  /// - Throws: what `origin` throws.
  public init(_ origin: CertificateOrigin, logger: Logger) throws {
    // Taken before the files are read: a change in between shows as one.
    let fingerprint = origin.fingerprint()
    state = Mutex(State(origin: origin, loaded: try origin.load(), fingerprint: fingerprint))
    self.logger = logger
  }

  /// For the next connection.
  var context: NIOSSLContext { state.withLock { $0.loaded.context } }

  /// Takes what is there now.
  /// - Parameter origin: another than before, where the configuration names other files.
  /// - Throws: what it throws; the certificate in force then stays.
  public func reload(from origin: CertificateOrigin) throws {
    do {
      try take(origin)
    } catch {
      state.withLock { $0.wanted = origin }
      throw error
    }
  }

  private func take(_ origin: CertificateOrigin) throws {
    let fingerprint = origin.fingerprint()
    do {
      let loaded = try origin.load()
      state.withLock { $0 = State(origin: origin, loaded: loaded, fingerprint: fingerprint) }
      logger.notice(
        "a certificate is in force",
        metadata: ["event": "certificate", "expires": "\(HTTPDate.text(of: loaded.expires))"])
    } catch {
      logger.error(
        "the new certificate cannot be used, the old one stays in force",
        metadata: ["event": "certificate_refused", "error": "\(error)"])
      throw error
    }
  }

  /// Another number when a file of the certificate that is wanted has changed. Reads files.
  public var fingerprint: Int { state.withLock { $0.wanted ?? $0.origin }.fingerprint() }

  /// Takes what is there now where it has changed since the last time. Reads files, which may lie on a slow disk.
  public func reloadIfChanged() {
    let (origin, known) = state.withLock { ($0.origin, $0.fingerprint) }
    let fingerprint = origin.fingerprint()
    guard fingerprint != known else { return }
    // Told once; the next change is the next attempt. What is wrong has been logged, and `doctor` finds it again.
    state.withLock { $0.fingerprint = fingerprint }
    try? take(origin)
  }
}
