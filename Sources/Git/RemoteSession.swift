import CGit2
import Glibc

/// What the callbacks of one conversation share. libgit2 gets it as its payload and calls back on the thread
/// that called it, so it needs no lock and is not `Sendable`.
///
/// Nothing Swift-thrown may pass through C: a callback stores its failure here and answers `GIT_EUSER`.
final class RemoteSession {
  let address: RemoteAddress
  let policy: RemotePolicy
  let operation: String
  let network: NetworkSession
  private let progress: (TransferProgress) -> Void
  private let message: (String) -> Void
  /// Why a callback said no; goes before anything libgit2 says about it.
  private(set) var refusal: GitFailure?
  private var attempts = 0
  private var sideband = SidebandLines()
  private(set) var shownCredential: RemoteCredential?

  init(
    _ address: RemoteAddress, policy: RemotePolicy, operation: String,
    progress: @escaping (TransferProgress) -> Void, message: @escaping (String) -> Void
  ) {
    self.address = address
    self.policy = policy
    self.operation = operation
    self.progress = progress
    self.message = message
    network = NetworkSession(address, policy: policy)
  }

  /// The session must outlive every call that gets these.
  func callbacks() -> git_remote_callbacks {
    var callbacks = git_remote_callbacks()
    git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
    callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
    callbacks.credentials = { out, url, user, types, payload in
      RemoteSession.from(payload).answer { session throws(GitFailure) in
        try session.giveCredential(out, url: url, user: user, types: types)
      }
    }
    callbacks.certificate_check = { certificate, isValid, host, payload in
      RemoteSession.from(payload).answer { session throws(GitFailure) in
        try session.check(certificate, isValid: isValid != 0, host: host)
      }
    }
    callbacks.transfer_progress = { stats, payload in
      RemoteSession.from(payload).answer { session throws(GitFailure) in
        try session.checkDeadline()
        session.network.noteActivity()
        if let stats = stats?.pointee {
          session.progress(
            TransferProgress(
              receivedObjects: Int(stats.received_objects), totalObjects: Int(stats.total_objects),
              indexedObjects: Int(stats.indexed_objects), receivedBytes: stats.received_bytes))
        }
        return 0
      }
    }
    callbacks.sideband_progress = { text, length, payload in
      RemoteSession.from(payload).answer { session throws(GitFailure) in
        try session.checkDeadline()
        if let text {
          let bytes = UnsafeRawBufferPointer(start: text, count: Int(length))
          session.sideband.append(bytes) { session.message("remote: \($0)") }
        }
        return 0
      }
    }
    return callbacks
  }

  /// What became of a call that libgit2 says has failed.
  func failure(_ error: LibraryError) -> GitFailure {
    if let refusal { return refusal }
    if let (limit, phase) = network.exceeded {
      return limit.failure(
        in: phase, limits: policy.limits, address: address, operation: operation, detail: error.message)
    }
    return RemoteDiagnosis(error: error, address: address, operation: operation, credential: shownCredential).failure
  }

  private static func from(_ payload: UnsafeMutableRawPointer?) -> RemoteSession {
    // libgit2 hands back what `callbacks()` put in.
    Unmanaged<RemoteSession>.fromOpaque(payload.unsafelyUnwrapped).takeUnretainedValue()
  }

  private func answer(_ body: (RemoteSession) throws(GitFailure) -> Int32) -> Int32 {
    do {
      return try body(self)
    } catch {
      refusal = error
      pushrod_git_set_error("refused by Pushrod")
      return GIT_EUSER.rawValue
    }
  }

  private func checkDeadline() throws(GitFailure) {
    try policy.checkDeadline(operation, "talking to \(address.shown)")
  }

  private func giveCredential(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, url: UnsafePointer<CChar>?,
    user: UnsafePointer<CChar>?, types: UInt32
  ) throws(GitFailure) -> Int32 {
    try checkDeadline()
    let url = url.map { String(cString: $0) } ?? ""
    guard let asking = RemoteAddress.parse(url), address.sameServer(as: asking) else {
      throw GitFailure(
        .forbidden, operation: operation,
        """
        \(address.server) sent Pushrod on to another server, which asked for credentials. They were not given. \
        Configure the repository's final address.
        """
      )
    }
    let credential = policy.credential(address.text)
    let user = user.map { String(cString: $0) }
    if types & GIT_CREDENTIAL_USERNAME.rawValue != 0 {
      var name = "git"
      if case .key(let configured?, _, _) = credential { name = configured }
      return git_credential_username_new(out, name)
    }
    guard let credential else {
      throw GitFailure(
        .authentication, operation: operation,
        """
        \(address.server) asks for credentials for \(address.shown), and none are configured. Add an entry for it \
        under `repositories` in the configuration (or check the address: forges answer so for repositories that do \
        not exist).
        """
      )
    }
    attempts += 1
    // libgit2 asks again and again until it is told no.
    guard attempts == 1 else { throw CredentialOffer(credential).refused(by: address, operation: operation) }
    shownCredential = credential
    return try CredentialOffer(credential).make(out, address: address, user: user, types: types, operation: operation)
  }

  private func check(
    _ certificate: UnsafeMutablePointer<git_cert>?, isValid: Bool, host: UnsafePointer<CChar>?
  ) throws(GitFailure) -> Int32 {
    try checkDeadline()
    // libgit2 shows the certificate or host key once keys are exchanged.
    network.connected()
    guard let certificate else { return GIT_EUSER.rawValue }
    guard certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2 else {
      if isValid { return 0 }
      throw GitFailure(
        .network, operation: operation,
        """
        The TLS certificate of \(address.server) is not valid (expired, for another name, or of an authority this \
        machine does not know). Pushrod does not go on without a valid one: check the address, the machine's clock \
        and its ca-certificates.
        """
      )
    }
    guard case .key(_, _, let knownHosts)? = policy.credential(address.text) else {
      throw GitFailure(
        .authentication, operation: operation,
        """
        \(address.shown) is reached over ssh, and no key is configured for it. Add `key` and `known_hosts` for it \
        under `repositories` in the configuration.
        """
      )
    }
    let presented = try certificate.withMemoryRebound(to: git_cert_hostkey.self, capacity: 1) {
      pointer throws(GitFailure) in
      try HostKey(pointer.pointee, address: address, operation: operation)
    }
    try KnownHosts(knownHosts).verify(presented, address: address, operation: operation)
    return 0
  }
}

extension RemoteSession {
  /// Runs `body` with a session whose closures do not outlive it.
  static func with<Result>(
    _ address: RemoteAddress, policy: RemotePolicy, operation: String, progress: (TransferProgress) -> Void,
    message: (String) -> Void, _ body: (RemoteSession) throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    var outcome: Swift.Result<Result, GitFailure>?
    withoutActuallyEscaping(progress) { progress in
      withoutActuallyEscaping(message) { message in
        let session = RemoteSession(
          address, policy: policy, operation: operation, progress: progress, message: message)
        do throws(GitFailure) {
          outcome = .success(try body(session))
        } catch {
          outcome = .failure(error)
        }
      }
    }
    guard let outcome else { throw GitFailure(.internal, operation: operation, "No outcome.") }
    return try outcome.get()
  }
}
