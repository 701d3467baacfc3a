import Glibc

/// The operating system's reason.
struct SystemError: Error, CustomStringConvertible {
  let code: Int32

  init(_ code: Int32) { self.code = code }

  /// Of the last call on this thread.
  static var current: SystemError { SystemError(errno) }

  var description: String { String(cString: strerror(code)) }
}
