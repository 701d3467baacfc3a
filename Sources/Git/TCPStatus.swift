import Glibc

/// What Linux counts of a TCP connection: `struct tcp_info` of tcp(7), in the kernel's layout, of which glibc 2.36
/// declares only the beginning.
struct TCPStatus {
  let sinceSent: Duration
  let sinceReceived: Duration
  /// Bytes, all in all.
  let received: Int
  /// Bytes that have come and were not read yet.
  let unread: Int

  init?(_ descriptor: Int32) {
    var info = [UInt8](repeating: 0, count: 256)
    var length = socklen_t(info.count)
    guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0, length >= 136 else { return nil }
    func milliseconds(at offset: Int) -> Duration {
      .milliseconds(info.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) })
    }
    // Eight bytes, then 32-bit numbers: tcpi_last_data_sent is the tenth, tcpi_last_data_recv the twelfth.
    sinceSent = milliseconds(at: 8 + 9 * 4)
    sinceReceived = milliseconds(at: 8 + 11 * 4)
    // After 24 of them, 64-bit numbers: tcpi_bytes_received is the fourth.
    received = info.withUnsafeBytes { Int(clamping: $0.loadUnaligned(fromByteOffset: 128, as: UInt64.self)) }
    var waiting: Int32 = 0
    unread = ioctl(descriptor, UInt(FIONREAD), &waiting) == 0 ? Int(waiting) : 0
  }
}
