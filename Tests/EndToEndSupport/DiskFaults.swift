import Foundation
import TestSupport

/// Lets the calls of a real program fail, or end it, as a bad disk and a kill -9 do: a library that is loaded before the
/// program's own (ld.so(8), LD_PRELOAD), told what to do through a small file that both have in memory.
public final class DiskFaults {
  /// What happens to calls on files below the folder.
  public enum Kind: UInt32, Sendable {
    case none = 0
    /// fsync(2) and fdatasync(2) fail with EIO.
    case syncFails = 1
    /// write(2), pwrite(2) and ftruncate(2) fail with ENOSPC.
    case full = 2
    /// Whatever changes a file fails with EROFS.
    case readOnly = 3
    /// The process ends with SIGKILL right before the call that would be the `count`-th that changes anything.
    case kill = 4
    /// fsync(2) and fdatasync(2) take as long as this is in force.
    case stalls = 5
  }

  private let control: UnsafeMutablePointer<UInt32>
  private let area: TemporaryDirectory
  private let folder: String

  /// - Parameter folder: absolute; only files below it are concerned.
  public init(below folder: String) throws {
    self.folder = folder
    area = try TemporaryDirectory("faults")
    try area.write("control", Data(count: 16))
    let descriptor = open(area.file("control"), O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    guard let memory = mmap(nil, 16, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED else {
      throw CommandFailure("cannot map the control file")
    }
    control = memory.assumingMemoryBound(to: UInt32.self)
    try area.write("faults.c", DiskFaults.source)
    try runChecked([
      "cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", area.file("faults.so"), area.file("faults.c"),
    ])
  }

  deinit { munmap(control, 16) }

  /// For the environment of the program.
  public var environment: [String: String] {
    let inherited = ProcessInfo.processInfo.environment
    return [
      "LD_PRELOAD": [area.file("faults.so"), inherited["LD_PRELOAD"] ?? ""].filter { !$0.isEmpty }.joined(
        separator: ":"),
      "FAULT_FOLDER": folder, "FAULT_CONTROL": area.file("control"),
      // The address sanitizer wants to be the first library, and need not be.
      "ASAN_OPTIONS": [inherited["ASAN_OPTIONS"] ?? "", "verify_asan_link_order=0"].filter { !$0.isEmpty }
        .joined(separator: ":"),
    ]
  }

  /// - Parameter count: of how many calls; 0 is all of them. For `kill`, which call it is.
  public func set(_ kind: Kind, count: UInt32 = 0) {
    control[1] = count
    control[0] = kind.rawValue
  }

  /// How many calls failed since the beginning.
  public var failures: UInt32 { control[2] }

  // MARK: The library

  private static let source = #"""
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <limits.h>
    #include <signal.h>
    #include <stdatomic.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    enum { NONE, SYNC, FULL, READONLY, KILL, STALL };
    static const char *folder;
    static size_t length;
    static volatile _Atomic uint32_t *control;

    __attribute__((constructor)) static void begin(void) {
      folder = getenv("FAULT_FOLDER");
      length = folder ? strlen(folder) : 0;
      const char *path = getenv("FAULT_CONTROL");
      int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
      if (file < 0) return;
      void *map = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      if (map != MAP_FAILED) control = map;
      close(file);
      /* Not for the programs that this one starts; what else is loaded is. */
      const char *rest = getenv("LD_PRELOAD");
      rest = rest ? strchr(rest, ':') : NULL;
      if (rest) setenv("LD_PRELOAD", rest + 1, 1);
      else unsetenv("LD_PRELOAD");
    }

    static int is_below(const char *path) {
      return length && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
    }

    static int concerns(int descriptor, const char *name) {
      if (name && name[0] == '/') return is_below(name);
      char link[64], path[PATH_MAX];
      snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
      ssize_t size = readlink(link, path, sizeof path - 1);
      if (size <= 0) return 0;
      path[size] = 0;
      return is_below(path);
    }

    enum { WRITES = 1, SYNCS = 2, NAMES = 4 };

    /* The error of the call, or 0. */
    static int fault(int descriptor, const char *name, int call) {
      if (!control || !control[0] || !concerns(descriptor, name)) return 0;
      uint32_t kind = control[0];
      if (kind == KILL) {
        if (atomic_fetch_sub(&control[1], 1) == 1) {
          kill(getpid(), SIGKILL);
          for (;;) pause();
        }
        return 0;
      }
      while (kind == STALL && call == SYNCS && control[0] == STALL) usleep(2000);
      int code = kind == SYNC && call == SYNCS ? EIO : kind == FULL && call == WRITES ? ENOSPC : kind == READONLY && call != SYNCS ? EROFS : 0;
      if (!code) return 0;
      if (control[1] && atomic_fetch_sub(&control[1], 1) == 1) control[0] = NONE;
      atomic_fetch_add(&control[2], 1);
      return code;
    }

    #define FAIL(descriptor, name, call) do { int code = fault(descriptor, name, call); if (code) { errno = code; return -1; } } while (0)

    int fsync(int file) { FAIL(file, NULL, SYNCS); return syscall(SYS_fsync, file); }
    int fdatasync(int file) { FAIL(file, NULL, SYNCS); return syscall(SYS_fdatasync, file); }
    ssize_t write(int file, const void *bytes, size_t count) {
      FAIL(file, NULL, WRITES);
      return syscall(SYS_write, file, bytes, count);
    }
    ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
      FAIL(file, NULL, WRITES);
      return syscall(SYS_pwrite64, file, bytes, count, place);
    }
    ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) { return pwrite64(file, bytes, count, place); }
    int ftruncate64(int file, off64_t size) { FAIL(file, NULL, WRITES); return syscall(SYS_ftruncate, file, size); }
    int ftruncate(int file, off_t size) { return ftruncate64(file, size); }
    int rename(const char *from, const char *to) { FAIL(-1, to, NAMES); return syscall(SYS_rename, from, to); }
    int unlink(const char *name) { FAIL(-1, name, NAMES); return syscall(SYS_unlink, name); }
    int link(const char *from, const char *to) { FAIL(-1, to, NAMES); return syscall(SYS_link, from, to); }
    """#
}
