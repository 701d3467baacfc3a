import FoundationEssentials
import Glibc
import Model

/// Our end of the socket that is a runner's standard input.
///
/// A socket and not a pipe: a runner that dies early is an error of `send` here, while a broken pipe is a
/// signal to the whole agent. Blocking with a time limit; used off the cooperative thread pool.
struct HandoverSocket: ~Copyable {
  private let descriptor: Int32
  private static let patience = timeval(tv_sec: 10, tv_usec: 0)

  /// - Parameter descriptor: a connected stream socket; it is owned from here on.
  init(owning descriptor: Int32) {
    self.descriptor = descriptor
    var patience = HandoverSocket.patience
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// One JSON line, then end of file.
  consuming func send(_ handover: Handover) throws(LaunchFailure) {
    var bytes: [UInt8]
    do {
      bytes = Array(try JSON.encoder().encode(handover))
    } catch {
      throw LaunchFailure("the handover to the runner could not be encoded")
    }
    bytes.append(UInt8(ascii: "\n"))
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        sent += count
      } else if errno != EINTR {
        throw LaunchFailure(
          errno == EAGAIN
            ? "the runner did not read its handover within \(HandoverSocket.patience.tv_sec) s"
            : "the runner could not be given its handover: \(String(cString: strerror(errno)))")
      }
    }
    shutdown(descriptor, Int32(SHUT_WR))
  }
}
