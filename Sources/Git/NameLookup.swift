import Glibc
import Synchronization

/// Looks a host up for as long as there is time: getaddrinfo(3) cannot be stopped, and waits for silent name servers
/// as long as resolv.conf(5) says.
enum NameLookup {
  enum Failure: Error {
    /// The time was over.
    case tooLong
    /// What getaddrinfo says.
    case refused(String)
  }

  /// One address to connect to.
  struct Address {
    let family: Int32
    let kind: Int32
    let `protocol`: Int32
    let bytes: [UInt8]
  }

  static func addresses(
    of host: UnsafePointer<CChar>, port: UnsafePointer<CChar>, until end: ContinuousClock.Instant
  ) throws(Failure) -> [Address] {
    let question = Question(host: host, port: port)
    // Numbers need nobody's answer, and so no thread.
    if let addresses = question.ask(flags: AI_NUMERICHOST | AI_NUMERICSERV).addresses { return addresses }
    guard let ends = Descriptors.pipe() else { throw .refused("\(SystemError.current)") }
    defer { close(ends.reading) }
    question.bell = ends.writing
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(question).toOpaque()
    let started = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Question>.fromOpaque(argument).takeRetainedValue().work()
        return nil
      }, argument)
    guard started == 0 else {
      Unmanaged<Question>.fromOpaque(argument).release()
      close(ends.writing)
      throw .refused("\(SystemError(started))")
    }
    // A thread that comes too late ends by itself, with this process at the latest.
    pthread_detach(thread)
    while true {
      var entry = pollfd(fd: ends.reading, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, end.pollTimeout)
      if ready > 0 { break }
      if ready == 0 || errno != EINTR { throw .tooLong }
    }
    guard let answer = question.answer.withLock({ $0 }) else { throw .tooLong }
    guard let addresses = answer.addresses else { throw .refused(answer.reason) }
    return addresses
  }

  private struct Answer: Sendable {
    var addresses: [Address]?
    var reason = ""
  }

  /// Shared by the asking thread and the waiting one. `bell` is written before the thread begins and belongs to it then;
  /// the rest is behind a lock or does not change.
  private final class Question: @unchecked Sendable {
    let answer = Mutex<Answer?>(nil)
    var bell: Int32 = -1
    private let host: String
    private let port: String

    init(host: UnsafePointer<CChar>, port: UnsafePointer<CChar>) {
      self.host = String(cString: host)
      self.port = String(cString: port)
    }

    func work() {
      let found = ask(flags: 0)
      answer.withLock { $0 = found }
      close(bell)
    }

    func ask(flags: Int32) -> Answer {
      var hints = addrinfo()
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      hints.ai_family = AF_UNSPEC
      hints.ai_flags = flags
      var list: UnsafeMutablePointer<addrinfo>?
      let code = getaddrinfo(host, port, &hints, &list)
      guard code == 0 else { return Answer(addresses: nil, reason: String(cString: gai_strerror(code))) }
      defer { freeaddrinfo(list) }
      var addresses: [Address] = []
      var next = list
      while let entry = next?.pointee {
        next = entry.ai_next
        let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
        addresses.append(
          Address(
            family: entry.ai_family, kind: entry.ai_socktype, protocol: entry.ai_protocol, bytes: Array(bytes)))
      }
      return Answer(addresses: addresses)
    }
  }
}
