import Glibc

/// Shuts a socket down at the session's deadline, from a thread of its own, so that a library which waits in it
/// without end comes back. The thread ends with this value.
final class DeadlineWatch {
  private var thread = pthread_t()
  /// Writing end of the pipe whose closing ends the thread; -1 where no thread could be started.
  private var stopper: Int32 = -1

  init(_ descriptor: Int32, session: NetworkSession) {
    var ends: (reading: Int32, writing: Int32) = (-1, -1)
    let code = withUnsafeMutablePointer(to: &ends) {
      $0.withMemoryRebound(to: Int32.self, capacity: 2) { pipe($0) }
    }
    guard code == 0 else { return }
    _ = fcntl(ends.reading, F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends.writing, F_SETFD, FD_CLOEXEC)
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
        let ready = poll(&entry, 1, task.session.pollTimeout)
        if ready > 0 { return nil }
        if ready == 0, ContinuousClock.now >= task.session.deadline {
          shutdown(task.socket, Int32(SHUT_RDWR))
          return nil
        }
      }
    }
  }
}
