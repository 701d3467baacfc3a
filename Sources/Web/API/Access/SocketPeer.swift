import Glibc
import Model
import NIOCore
import NIOPosix

/// Who is at the other end of the Unix socket: the name of the user that opened it, as the kernel says it.
enum SocketPeer {
  /// `struct ucred` of unix(7), which glibc shows to C only with `_GNU_SOURCE`.
  private struct Credentials {
    var process: pid_t
    var user: uid_t
    var group: gid_t
  }

  static func person(at channel: any Channel) async -> Person {
    Person(name: await name(of: channel), via: .socket)
  }

  /// The user's name, `uid 1234` where it has none, `somebody` where the system does not say.
  private static func name(of channel: any Channel) async -> String {
    guard let provider = channel as? any SocketOptionProvider,
      let credentials: Credentials = try? await provider.unsafeGetSocketOption(
        level: .socket, name: .init(rawValue: SO_PEERCRED)
      ).get()
    else { return "somebody" }
    let user = credentials.user
    // The user database may be a network service: it is asked off the cooperative pool.
    let found = try? await NIOThreadPool.singleton.runIfActive { userName(of: user) }
    return found.flatMap { $0 } ?? "uid \(user)"
  }

  private static func userName(of user: uid_t) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { memory in
      guard let start = memory.baseAddress,
        getpwuid_r(user, &entry, start, memory.count, &found) == 0, let found
      else { return nil }
      return String(cString: found.pointee.pw_name)
    }
  }
}
