import Testing

@testable import Execution

@Suite("Reading what the kernel says")
struct KernelFilesTests {
  @Test("the cgroup v2 mount is found among others, with optional fields and without")
  func mounts() {
    let hybrid = """
      24 23 0:21 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
      25 23 0:22 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
      """
    #expect(Cgroup.mountPoint(in: hybrid)?.path == "/sys/fs/cgroup/unified")
    let bound = "31 23 0:26 /docker/abc /sys/fs/cgroup ro shared:9 master:2 - cgroup2 cgroup rw"
    #expect(Cgroup.mountPoint(in: bound)?.root == "/docker/abc")
    #expect(Cgroup.mountPoint(in: "1 2 3\n\n - \nx") == nil)
  }

  @Test("a process name with blanks and parentheses does not confuse")
  func stat() throws {
    let found = try #require(ProcessTable.parentAndState(in: "12 (a) S 1 (b)) Z 77 12 12 0"))
    #expect(found.parent == 77)
    #expect(found.isZombie)
    #expect(ProcessTable.parentAndState(in: "12 (a") == nil)
  }

  @Test(
    "amounts of data read well",
    arguments: [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (12 << 20, "12 MiB"), (1_048_575, "1.0 MiB")])
  func bytes(count: Int, words: String) {
    #expect(ByteCount.words(count) == words)
  }
}
