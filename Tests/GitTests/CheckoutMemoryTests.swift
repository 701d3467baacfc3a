import Foundation
import Git
import Testing
import TestSupport

@Suite("The memory of a checkout")
struct CheckoutMemoryTests {
  /// A workspace whose folders were at rest long enough that the memory of them counts.
  private func settled() throws -> (SampleRepository, Fixture, tip: String, clean: Set<String>) {
    let sample = try SampleRepository(files: 60)
    let tip = try sample.main.git("rev-parse", "HEAD")
    let fixture = try Fixture()
    try fixture.deploy(sample.main.url)
    try waitForNextTick(in: fixture)
    try fixture.checkOut(tip, url: sample.main.url)
    return (sample, fixture, tip, try picture(of: fixture.workspace.path))
  }

  /// Waits until the file system's clock has gone on, as it does every few milliseconds.
  private func waitForNextTick(in fixture: Fixture) throws {
    func now() throws -> String {
      let file = try fixture.directory.write("tick", UUID().uuidString)
      return try runChecked(["stat", "-c", "%z", file])
    }
    let start = try now()
    while try now() == start {}
  }

  @Test("damaged in any place changes nothing of the outcome")
  func damage() throws {
    let (sample, fixture, tip, clean) = try settled()
    let file = URL(fileURLWithPath: fixture.workspace.path + "/.git/pushrod-memory")
    var random = SystemRandomNumberGenerator()
    for round in 0..<60 {
      try waitForNextTick(in: fixture)
      var bytes = try Data(contentsOf: file)
      switch round % 4 {
      case 0: bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))
      case 1: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      case 2:
        let start = Int.random(in: 0..<bytes.count, using: &random)
        for index in start..<min(bytes.count, start + 200) { bytes[index] = UInt8.random(in: 0...255, using: &random) }
      default:
        // The counts of folders and of the cache tree.
        for index in 8..<min(bytes.count, 60) where Bool.random(using: &random) { bytes[index] = 0xff }
      }
      try bytes.write(to: file)
      // Something to make right, which the memory must not hide.
      try runChecked(
        ["sh", "-c", "echo x >> src/2/part-0/file42.txt; rm -f binary; echo y > src/4/new"], in: fixture.workspace.path)
      try fixture.checkOut(tip, url: sample.main.url)
      let now = try picture(of: fixture.workspace.path)
      #expect(now.subtracting(clean) == [], "round \(round)")
      #expect(clean.subtracting(now) == [], "round \(round)")
    }
  }

  @Test("hides no change that a step made after the folders were at rest")
  func changes() throws {
    let (sample, fixture, tip, clean) = try settled()
    let changes = [
      "echo x >> src/2/part-0/file42.txt", "echo y > src/4/new", "rm src/5/part-5/*", "rm -r src/6",
      "mv src/7 src/renamed",
      "mv src/8 ../elsewhere && ln -s ../../elsewhere src/8", "mkdir src/9/empty",
      "chmod 755 src/10/part-3/*; chmod 700 src/11",
      "cd src/12/part-5 && for f in *; do cp $f t && touch -r $f t && mv t $f; done", "rm -rf vendor/lib/deep",
      "rm .gitattributes",
      "echo '*.txt text eol=crlf' > src/.gitattributes; echo x > src/13/part-6/file13.txt",
      "mkdir src/14/.git; echo x > src/14/.git/HEAD",
      "rm -rf vendor/lib/.git; git init -q vendor/lib", "sed -i 's/echo/echo/' start.bat", "truncate -s 0 odd/a.b",
      "ln -f run.sh linked; echo 1 >> linked",
    ]
    for change in changes {
      try waitForNextTick(in: fixture)
      try fixture.checkOut(tip, url: sample.main.url)
      try waitForNextTick(in: fixture)
      _ = try run(["sh", "-c", change], in: fixture.workspace.path, env: GitRepository.environment)
      try fixture.checkOut(tip, url: sample.main.url)
      let now = try picture(of: fixture.workspace.path)
      #expect(now.subtracting(clean) == [], "\(change)")
      #expect(clean.subtracting(now) == [], "\(change)")
    }
  }

  @Test("counts against the limits as the trees themselves do")
  func limits() throws {
    let (sample, fixture, tip, clean) = try settled()
    let failure = #expect(throws: GitFailure.self) {
      try fixture.checkOut(tip, url: sample.main.url, limits: TreeLimits(entries: 50, bytes: 1 << 30))
    }
    #expect(failure?.kind == .hostileTree)
    let bytes = #expect(throws: GitFailure.self) {
      try fixture.checkOut(tip, url: sample.main.url, limits: TreeLimits(entries: 10_000, bytes: 90_000))
    }
    #expect(bytes?.kind == .hostileTree)
    #expect(try picture(of: fixture.workspace.path) == clean)
  }
}
