import CGit2
import FoundationEssentials

/// The key an SSH server presented.
struct HostKey {
  /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, …: the first field of the key itself.
  let type: String
  /// The key as it stands in known_hosts, decoded.
  let blob: [UInt8]
  /// As `ssh-keygen -l` prints it: `SHA256:` and Base64 without padding.
  let fingerprint: String

  init(_ certificate: git_cert_hostkey, address: RemoteAddress, operation: String) throws(GitFailure) {
    let needed = GIT_CERT_SSH_RAW.rawValue | GIT_CERT_SSH_SHA256.rawValue
    guard certificate.type.rawValue & needed == needed, let start = certificate.hostkey else {
      throw GitFailure(.hostKey, operation: operation, "\(address.server) presented no host key that can be checked.")
    }
    let blob = [UInt8](UnsafeRawBufferPointer(start: start, count: certificate.hostkey_len))
    var reader = SSHWireReader(blob[...])
    guard let type = reader.string() else {
      throw GitFailure(.hostKey, operation: operation, "\(address.server) presented a host key that cannot be read.")
    }
    self.blob = blob
    self.type = Escaped(type).description
    fingerprint = withUnsafeBytes(of: certificate.hash_sha256) { hash in
      let text = Data(hash).base64EncodedString()
      return "SHA256:" + text.prefix { $0 != "=" }
    }
  }

  var base64: String { Data(blob).base64EncodedString() }
}
