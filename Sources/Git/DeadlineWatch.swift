import Glibc

/// Keeps the limits of a connection that libssh2 reads itself, and in which it waits without end: looks at what the
/// kernel counts of it (`TCPStatus`), and shuts it down at a limit, from a thread of its own. The thread ends with this
/// value.
final class DeadlineWatch {
  private var thread = pthread_t()
  /// Writing end of the pipe whose closing ends the thread; -1 where no thread could be started.
  private var stopper: Int32 = -1

  /// How often the connection is looked at, in milliseconds.
  private static let interval: Int32 = 100

  init(_ descriptor: Int32, session: NetworkSession) {
    guard let ends = Descriptors.pipe() else { return }
    let task = Unmanaged.passRetained(Task(socket: descriptor, stop: ends.reading, session: session))
    let started = pthread_create(&thread, nil, { Task.run($0) }, task.toOpaque())
    guard started == 0 else {
      task.release()
      close(ends.reading)
      close(ends.writing)
      return
    }
    stopper = ends.writing
  }

  deinit {
    guard stopper >= 0 else { return }
    close(stopper)
    pthread_join(thread, nil)
  }

  private final class Task {
    let socket: Int32
    let stop: Int32
    let session: NetworkSession

    init(socket: Int32, stop: Int32, session: NetworkSession) {
      self.socket = socket
      self.stop = stop
      self.session = session
    }

    static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
      guard let argument else { return nil }
      let task = Unmanaged<Task>.fromOpaque(argument).takeRetainedValue()
      defer { close(task.stop) }
      while true {
        var entry = pollfd(fd: task.stop, events: Int16(POLLIN), revents: 0)
        let ready = poll(&entry, 1, DeadlineWatch.interval)
        if ready > 0 { return nil }
        guard ready == 0, let limit = task.reached else { continue }
        task.session.exceed(limit)
        shutdown(task.socket, Int32(SHUT_RDWR))
        return nil
      }
    }

    private var reached: NetworkLimit? {
      let status = TCPStatus(socket)
      // What waits to be read is not the server's fault.
      let isRead = status.map { $0.unread == 0 } ?? true
      return session.reached(
        silence: isRead ? status?.sinceReceived ?? .zero : .zero, sinceQuestion: status?.sinceSent ?? .zero,
        received: status?.received ?? 0)
    }
  }
}
