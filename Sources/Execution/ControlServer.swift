import CLinux
import FoundationEssentials
import Glibc
import Model
import RunDirectory

/// Listens to the outside while the runner waits for something: its control socket and its signals.
///
/// All waiting of a run goes through `wait(for:until:)`, so a request is never more than one wake-up away, and no
/// second thread is needed.
final class ControlServer: Waiter {
  private let listener: Descriptor
  private let signals: RunnerSignals
  /// Readable when the process that the run ends with has ended.
  private var life: Descriptor?
  private var clients: [Client] = []
  /// What `poll` looks at: the caller's descriptors, then our own. Kept, because a flood of output asks often.
  private var entries: [pollfd] = []
  /// The caller's in `entries`.
  private var awaited: [Int32] = []
  private var request: StopRequest?
  /// Where people answer.
  let desk = ApprovalDesk()
  /// Not once the run is being ended anyway, whyever.
  var mayBeSuperseded = true
  private var childEnded = false

  private final class Client {
    let descriptor: Descriptor
    var received: [UInt8] = []

    init(_ descriptor: Descriptor) { self.descriptor = descriptor }
  }

  init(_ directory: RunDirectory, signals: RunnerSignals) throws(RunDirectoryError) {
    listener = Descriptor(try ControlSocket.listen(in: directory))
    self.signals = signals
    lookAt([])
  }

  /// The end of that process, however it comes, cancels the run.
  func ends(with process: pid_t) {
    let raw = pushrod_pidfd_open(process)
    life = raw < 0 ? nil : Descriptor(raw)
    lookAt(awaited)
  }

  /// The request that came since the last call, once.
  func takeRequest() -> StopRequest? {
    defer { request = nil }
    return request
  }

  func takeChildEnded() -> Bool {
    defer { childEnded = false }
    return childEnded
  }

  func takeStop() -> Supervision.Interruption? { takeRequest().map(Supervision.Interruption.stopped) }

  func wait(for descriptor: Int32, until deadline: Instant?) -> Bool {
    wait(forAny: [descriptor], until: deadline)[0]
  }

  /// The same for several descriptors at once: which of them are ready.
  func wait(forAny descriptors: [Int32], until deadline: Instant?) -> [Bool] {
    if awaited != descriptors { lookAt(descriptors) }
    let isAwaited = request != nil || childEnded
    let count = poll(&entries, nfds_t(entries.count), isAwaited ? 0 : deadline?.millisecondsLeft ?? -1)
    guard count > 0 else { return descriptors.map { _ in false } }
    let ready = entries.prefix(awaited.count).map { $0.revents != 0 }
    if count > ready.count(where: { $0 }) {
      serve(entries[awaited.count...].map { $0.revents != 0 })
      lookAt(awaited)
    }
    return ready
  }

  private func lookAt(_ descriptors: [Int32]) {
    awaited = descriptors
    entries = (descriptors + [listener.raw, signals.descriptor.raw, life?.raw ?? -1] + clients.map(\.descriptor.raw))
      .map(ControlServer.entry)
  }

  private static func entry(_ descriptor: Int32) -> pollfd {
    pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  }

  private func serve(_ ready: [Bool]) {
    if ready[1] {
      let news = signals.take()
      if let reason = news.stopReason { stop(StopRequest(reason: reason)) }
      if news.childEnded { childEnded = true }
    }
    if ready[2] {
      stop(StopRequest(reason: "cancelled, for whoever ran it is gone"))
      life = nil
    }
    let finished = clients.indices.filter { ready[$0 + 3] && !listen(to: clients[$0]) }
    for index in finished.reversed() { clients.remove(at: index) }
    if ready[0] { accept() }
  }

  private func accept() {
    let client = Glibc.accept(listener.raw, nil, nil)
    guard client >= 0 else { return }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    _ = fcntl(client, F_SETFL, O_NONBLOCK)
    // Whoever opens many connections loses the oldest.
    if clients.count == 16 { clients.removeFirst() }
    clients.append(Client(Descriptor(client)))
  }

  /// - Returns: false where the client is done with.
  private func listen(to client: Client) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(client.descriptor.raw, &buffer, buffer.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    client.received += buffer[..<max(count, 0)]
    guard count == 0 || client.received.contains(UInt8(ascii: "\n")) || client.received.count > 16_384 else {
      return true
    }
    if !client.received.isEmpty { answer(client) }
    return false
  }

  private func stop(_ request: StopRequest) {
    self.request = request
    mayBeSuperseded = false
  }

  private func carryOut(_ message: ControlMessage, from client: Client) -> ControlReply {
    switch message.action {
    case .approve, .reject:
      // Whoever may run steps is not thereby asked.
      guard !isOwn(client) else { return ControlReply(ok: false, error: "a step cannot answer for a person") }
      return desk.carryOut(message, approved: message.action == .approve)
    case .cancel: stop(StopRequest(reason: "cancelled" + (message.by.map { " by \($0.prefix(200))" } ?? "")))
    case .supersede:
      guard let run = message.run else { return ControlReply(ok: false, error: "the message names no run") }
      guard mayBeSuperseded else { return ControlReply(ok: false, error: "the run is being ended already") }
      stop(StopRequest(reason: "superseded by run \(run)", supersededBy: run))
    }
    return ControlReply(ok: true)
  }

  /// What this run has started is at the other end, or nobody any more, who may have been.
  private func isOwn(_ client: Client) -> Bool {
    // `struct ucred` of unix(7): process, user, group.
    var peer = [Int32](repeating: 0, count: 3)
    var size = socklen_t(12)
    guard getsockopt(client.descriptor.raw, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, size == 12 else { return true }
    // 0: outside of the process namespace that this one sees, in which all that it starts is.
    guard peer[0] != 0 else { return false }
    let state = SmallFile.read("/proc/\(peer[0])/stat", limit: 4096).flatMap { ProcessTable.parentAndState(in: $0) }
    guard let state, !state.isZombie else { return true }
    return ProcessTable.descendants(of: getpid()).contains(peer[0])
  }

  private func answer(_ client: Client) {
    let line = client.received.prefix { $0 != UInt8(ascii: "\n") }
    let message = try? JSON.decoder().decode(ControlMessage.self, from: Data(line))
    let reply =
      message.map { carryOut($0, from: client) }
      ?? ControlReply(ok: false, error: "that is no message a runner of this version knows")
    guard var bytes = (try? JSON.encoder().encode(reply)).map(Array.init) else { return }
    bytes.append(UInt8(ascii: "\n"))
    // Shorter than any socket's buffer; whoever does not read it does not get it.
    _ = send(client.descriptor.raw, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}
