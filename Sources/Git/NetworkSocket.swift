import CGit2
import Glibc

/// One TCP connection whose every wait has an end (`NetworkSession`). Belongs to one thread.
final class NetworkSocket {
  private(set) var descriptor: Int32 = -1
  private let session: NetworkSession?
  private var watch: DeadlineWatch?
  /// Nothing has come since something was last sent.
  private var isWaitingForFirst = true

  init(_ session: NetworkSession?) { self.session = session }

  func connect(_ host: UnsafePointer<CChar>, _ port: UnsafePointer<CChar>) -> Int32 {
    let name = Escaped(String(cString: host)).description
    if let session, !session.allows(host: String(cString: host), port: String(cString: port)) {
      return fail("redirect to \(name) port \(String(cString: port)) refused")
    }
    session?.beginConnecting()
    let addresses: [NameLookup.Address]
    do {
      addresses = try NameLookup.addresses(
        of: host, port: port, until: session?.limit(waitingForFirst: true).0 ?? .now + .seconds(60))
    } catch {
      switch error {
      case .tooLong:
        noteLimit()
        return fail("failed to resolve address for \(name): the time is over")
      case .refused(let reason): return fail("failed to resolve address for \(name): \(reason)")
      }
    }
    session?.resolved()
    var reason = "no address"
    for address in addresses {
      switch attempt(address) {
      case .success(let connected):
        descriptor = connected
        session?.opened()
        if let session, session.isReadElsewhere { watch = DeadlineWatch(connected, session: session) }
        return 0
      case .failure(let error): reason = error.description
      }
    }
    return fail("failed to connect to \(name): \(reason)")
  }

  func read(_ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    while true {
      acknowledgeAtOnce()
      let received = recv(descriptor, buffer, count, 0)
      if received >= 0 {
        isWaitingForFirst = false
        guard session?.receive(received) ?? true else { return Int(fail("failed to read: too much was sent")) }
        return received
      }
      guard retry(Int16(POLLIN)) else { return Int(fail("failed to read: \(SystemError.current)")) }
    }
  }

  func write(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int {
    while true {
      let sent = send(descriptor, bytes, count, Int32(MSG_NOSIGNAL))
      if sent >= 0 {
        isWaitingForFirst = true
        return sent
      }
      guard retry(Int16(POLLOUT)) else { return Int(fail("failed to write: \(SystemError.current)")) }
    }
  }

  func close() {
    guard descriptor >= 0 else { return }
    watch = nil
    _ = Glibc.close(descriptor)
    descriptor = -1
  }

  private func attempt(_ address: NameLookup.Address) -> Result<Int32, SystemError> {
    let kind = address.kind | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let candidate = socket(address.family, kind, address.protocol)
    guard candidate >= 0 else { return .failure(.current) }
    var code: Int32 = 0
    let done = address.bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return Int32(-1) }
      return Glibc.connect(
        candidate, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
    if done != 0 {
      code = errno
      if code == EINPROGRESS {
        code = wait(candidate, Int16(POLLOUT)) ? 0 : ETIMEDOUT
        var length = socklen_t(MemoryLayout<Int32>.size)
        if code == 0 { getsockopt(candidate, SOL_SOCKET, SO_ERROR, &code, &length) }
      }
    }
    guard code == 0 else {
      _ = Glibc.close(candidate)
      return .failure(SystemError(code))
    }
    set(TCP_NODELAY, on: candidate)
    return .success(candidate)
  }

  /// Whether to try the last call again; waits for the socket where that is what is needed.
  private func retry(_ events: Int16) -> Bool {
    if errno == EINTR { return true }
    guard errno == EAGAIN || errno == EWOULDBLOCK else { return false }
    if wait(descriptor, events) { return true }
    errno = ETIMEDOUT
    return false
  }

  private func wait(_ descriptor: Int32, _ events: Int16) -> Bool {
    let end = session?.limit(waitingForFirst: isWaitingForFirst)
    while true {
      var entry = pollfd(fd: descriptor, events: events, revents: 0)
      let ready = poll(&entry, 1, end?.0.pollTimeout ?? -1)
      if ready > 0 { return true }
      if ready == 0, let end { session?.exceed(end.1) }
      if ready == 0 || errno != EINTR { return false }
    }
  }

  private func noteLimit() {
    guard let session else { return }
    session.exceed(session.limit(waitingForFirst: true).1)
  }

  /// The kernel forgets the option after a while, so it is set before every read.
  private func acknowledgeAtOnce() { set(TCP_QUICKACK, on: descriptor) }

  private func set(_ option: Int32, on descriptor: Int32) {
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), option, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  private func fail(_ text: String) -> Int32 {
    pushrod_git_set_error(text)
    return -1
  }
}
