import CGit2
import Glibc

/// The TCP streams that libgit2 uses in place of its own, for two reasons:
///
/// - libgit2 1.5 waits for a silent server forever. These wait until the deadline.
/// - git's daemon sends a small answer in two segments and waits for the acknowledgement of the first, which
///   Linux delays by 40 ms. These acknowledge at once (`TCP_QUICKACK`).
///
/// TLS and SSH are laid over them by libgit2. libssh2 reads the socket itself, so a `DeadlineWatch` shuts it down
/// when the time is over.
enum NetworkStream {
  /// The conversation that the calling thread is in. Set around every call that may use the network.
  @TaskLocal static var session: NetworkSession?

  /// Later libgit2 has time-outs of its own, and may have another layout of streams.
  static func register() {
    guard GitLibrary.version.hasPrefix("1.5.") else { return }
    var registration = git_stream_registration()
    registration.version = GIT_STREAM_VERSION
    registration.`init` = { out, host, port in NetworkStream.make(out, host, port) }
    git_stream_register(GIT_STREAM_STANDARD, &registration)
  }

  private static func make(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_stream>?>?, _ host: UnsafePointer<CChar>?,
    _ port: UnsafePointer<CChar>?
  ) -> Int32 {
    guard let out, let host, let port, let memory = calloc(1, MemoryLayout<pushrod_git_stream>.size) else {
      return -1
    }
    let stream = memory.bindMemory(to: pushrod_git_stream.self, capacity: 1)
    stream.pointee.host = strdup(host)
    stream.pointee.port = strdup(port)
    stream.pointee.socket = -1
    stream.pointee.state = Unmanaged.passRetained(NetworkSocket(session)).toOpaque()
    stream.pointee.parent.version = GIT_STREAM_VERSION
    stream.pointee.parent.connect = { NetworkStream.open($0) }
    stream.pointee.parent.read = { NetworkStream.socket(of: $0).read($1, $2) }
    stream.pointee.parent.write = { stream, bytes, count, _ in NetworkStream.socket(of: stream).write(bytes, count) }
    stream.pointee.parent.close = { NetworkStream.close($0) }
    stream.pointee.parent.free = { NetworkStream.release($0) }
    out.pointee = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: git_stream.self)
    return 0
  }

  private static func open(_ stream: UnsafeMutablePointer<git_stream>?) -> Int32 {
    guard let whole = whole(stream), let host = whole.pointee.host, let port = whole.pointee.port else { return -1 }
    let code = socket(of: stream).connect(host, port)
    whole.pointee.socket = socket(of: stream).descriptor
    return code
  }

  private static func close(_ stream: UnsafeMutablePointer<git_stream>?) -> Int32 {
    socket(of: stream).close()
    whole(stream)?.pointee.socket = -1
    return 0
  }

  private static func release(_ stream: UnsafeMutablePointer<git_stream>?) {
    guard let whole = whole(stream) else { return }
    socket(of: stream).close()
    if let state = whole.pointee.state { Unmanaged<NetworkSocket>.fromOpaque(state).release() }
    Glibc.free(whole.pointee.host)
    Glibc.free(whole.pointee.port)
    Glibc.free(whole)
  }

  private static func whole(_ stream: UnsafeMutablePointer<git_stream>?) -> UnsafeMutablePointer<pushrod_git_stream>? {
    UnsafeMutableRawPointer(stream)?.assumingMemoryBound(to: pushrod_git_stream.self)
  }

  private static func socket(of stream: UnsafeMutablePointer<git_stream>?) -> NetworkSocket {
    // `make` put it there, and libgit2 calls nothing after `free`.
    let state = whole(stream).unsafelyUnwrapped.pointee.state.unsafelyUnwrapped
    return Unmanaged<NetworkSocket>.fromOpaque(state).takeUnretainedValue()
  }
}
