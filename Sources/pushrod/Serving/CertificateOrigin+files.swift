import AgentConfiguration
import Pipelines
import Web

extension CertificateOrigin {
  /// What goes wrong names the file.
  init(_ files: TLSFiles) {
    self.init(
      load: {
        let contents = try files.read()
        do throws(CertificateFailure) {
          return try LoadedCertificate(certificate: contents.certificate, key: contents.key)
        } catch {
          let file = error.part == .certificate ? files.certificate : files.key
          throw Diagnostics(file: file, error.cause, suggestion: error.advice)
        }
      },
      fingerprint: { files.fingerprint })
  }
}
