import Glibc

/// Which start of the machine this is (random(4), `boot_id`).
///
/// What was written before it may have gone in part with the power, whatever its times and sizes say.
enum BootID {
  /// Empty where the kernel does not tell.
  static let current: String = {
    let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    return Descriptors.read(file, count: 36).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }()
}
