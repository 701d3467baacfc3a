import Foundation
import TestSupport
import Testing

/// What `make install` puts in place, installed into a scratch root and read by systemd's own tools.
@Suite(.enabled(if: findProgram("systemd-analyze") != nil, "systemd-analyze is not installed"))
struct SystemdUnitTests {
  @Test("the installed units pass systemd-analyze verify")
  func unitsAreValid() throws {
    let root = try ScratchRoot()
    // The targets that the units name must be there as well.
    try root.copySystemUnits()

    let result = try run(["systemd-analyze", "verify", "--root=\(root.path)"] + ScratchRoot.units)

    #expect(result.status == 0, "\(result.errorOutput)")
    #expect(result.errorOutput.isEmpty)
  }

  @Test("the agent's unit is exposed to less than 1.5 of 10")
  func agentIsHardened() throws {
    let result = try run([
      "systemd-analyze", "security", "--offline=true", "--threshold=14", "\(checkout)/systemd/pushrod.service",
    ])

    #expect(result.status == 0, "\(result.output.suffix(200))")
  }

  @Test("users and folders are made so that only the runs and logs are shared")
  func foldersAreSeparate() throws {
    let root = try ScratchRoot()
    try root.makeUsersAndFolders()

    // The two users differ, and the agent is in the runner's group.
    let groups = try String(contentsOfFile: "\(root.path)/etc/group", encoding: .utf8)
    #expect(groups.split(separator: "\n").contains { $0.hasPrefix("pushrod-runner:") && $0.hasSuffix(":pushrod") })
    #expect(groups.split(separator: "\n").contains { $0.hasPrefix("pushrod:") && $0.hasSuffix(":") })
    #expect(try root.mode("etc/pushrod/secrets") == 0o700)
    #expect(try root.mode("var/lib/pushrod") == 0o700)
    #expect(try root.mode("var/lib/pushrod-runner/runs") == 0o2770)
    #expect(try root.mode("var/lib/pushrod-runner/workspaces") == 0o700)
    #expect(try root.mode("var/lib/pushrod-runner/mirrors") == 0o700)
  }

  @Test("installing again keeps the configuration that is there")
  func configurationIsKept() throws {
    let root = try ScratchRoot()
    let file = "\(root.path)/etc/pushrod/pushrod.yml"
    #expect(try String(contentsOfFile: file, encoding: .utf8).contains("listen: 127.0.0.1:8700"))
    try "listen: 127.0.0.1:9000\n".write(toFile: file, atomically: true, encoding: .utf8)

    try root.install()

    #expect(try String(contentsOfFile: file, encoding: .utf8) == "listen: 127.0.0.1:9000\n")
  }

  @Test(
    "documents, schemas and sample pipelines are installed, each beside what it names",
    arguments: [
      "README.md", "docs/configuration.md", "pushrod.schema.json", "pushrod-repository.schema.json",
      "pipelines/node-service.yml",
    ])
  func documents(name: String) throws {
    let root = try ScratchRoot()
    let installed = try String(contentsOfFile: "\(root.path)/usr/local/share/doc/pushrod/\(name)", encoding: .utf8)
    #expect(try installed == String(contentsOfFile: "\(checkout)/\(name)", encoding: .utf8))
  }

  @Test("the installed configuration is valid with the credential that its unit hands over")
  func configurationIsValid() throws {
    let root = try ScratchRoot()
    try root.directory.write("credentials/secret_github", "a webhook's secret", mode: 0o600)
    try FileManager.default.createDirectory(
      atPath: root.directory.file("pipelines"), withIntermediateDirectories: true)

    let result = try run(
      [builtExecutable("pushrod"), "check", "--config", "\(root.path)/etc/pushrod/pushrod.yml"],
      env: [
        "CREDENTIALS_DIRECTORY": root.directory.file("credentials"),
        "PUSHROD_PIPELINES": root.directory.file("pipelines"),
      ])

    #expect(result.status == 0, "\(result.output)")
  }

  @Test("another prefix is written into the units")
  func prefixIsHonoured() throws {
    let root = try ScratchRoot(prefix: "/opt/pushrod")

    let unit = try String(
      contentsOfFile: "\(root.path)/etc/systemd/system/pushrod.service", encoding: .utf8)

    #expect(unit.contains("ExecStart=/opt/pushrod/bin/pushrod serve"))
    #expect(FileManager.default.isExecutableFile(atPath: "\(root.path)/opt/pushrod/bin/pushrod-runner"))
  }
}

/// The root of this checkout.
private let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// `scripts/install` into a temporary root.
private struct ScratchRoot {
  static let units = ["pushrod.service", "pushrod.socket", "pushrod-runner.socket", "pushrod-runner@.service"]

  let directory: TemporaryDirectory
  let prefix: String
  var path: String { directory.file("root") }

  init(prefix: String = "/usr/local") throws {
    directory = try TemporaryDirectory("units")
    self.prefix = prefix
    // What the programs do is another test's concern; here it matters that the units find them.
    for program in ["pushrod", "pushrod-runner"] {
      try directory.write("built/\(program)", "#!/bin/sh\n", mode: 0o755)
    }
    try install()
  }

  func install() throws {
    try runChecked(
      ["\(checkout)/scripts/install"],
      env: ["DESTDIR": path, "PREFIX": prefix, "BUILT": directory.file("built")])
  }

  func copySystemUnits() throws {
    let lib = "\(path)/usr/lib/systemd"
    try FileManager.default.createDirectory(atPath: lib, withIntermediateDirectories: true)
    try runChecked(["cp", "-r", "/usr/lib/systemd/system", lib])
    // `ExecReload=/bin/kill`
    try runChecked(["install", "-D", "/bin/kill", "\(path)/bin/kill"])
  }

  func makeUsersAndFolders() throws {
    try runChecked(["systemd-sysusers", "--root=\(path)", "\(path)\(prefix)/lib/sysusers.d/pushrod.conf"])
    try runChecked(["systemd-tmpfiles", "--create", "--root=\(path)", "\(path)\(prefix)/lib/tmpfiles.d/pushrod.conf"])
  }

  func mode(_ name: String) throws -> Int {
    let status = try runChecked(["stat", "--format=%a", "\(path)/\(name)"])
    return try #require(Int(status, radix: 8))
  }
}
