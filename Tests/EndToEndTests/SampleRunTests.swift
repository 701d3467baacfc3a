import Foundation
import TestSupport
import Testing

/// The files in pipelines/, run as far as this machine's programs allow: `pushrod run --local` in a project made for each, with
/// the server's folders in a temporary place and systemctl only named.
@Suite("A sample pipeline")
struct SampleRunTests {
  private static let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private let area: TemporaryDirectory
  private let project: GitRepository

  init() throws {
    area = try TemporaryDirectory("sample")
    project = try GitRepository()
  }

  private var server: String { area.file("srv") }

  /// Runs the sample in the project.
  /// - Parameter changes: words of the file, and what stands in their place here.
  private func run(
    _ name: String, changes: [(String, String)] = [], secrets: [String: String] = [:]
  ) throws -> CommandResult {
    var text = try String(contentsOfFile: "\(Self.checkout)/pipelines/\(name).yml", encoding: .utf8)
    let usual = [("/srv/", server + "/"), ("sudo systemctl", "echo systemctl"), ("systemctl status", "echo status")]
    for (word, other) in changes + usual { text = text.replacing(word, with: other) }
    // Where this machine has its programs, which need not be where Debian has them.
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    text =
      text.contains("\nenv:\n")
      ? text.replacing("\nenv:\n", with: "\nenv:\n  PATH: \"\(path)\"\n") : text + "\nenv:\n  PATH: \"\(path)\"\n"
    try area.write("\(name).yml", text)
    try FileManager.default.createDirectory(atPath: server, withIntermediateDirectories: true)
    let lines = secrets.map { "\($0.key)=\($0.value)\n" }.joined()
    try area.write("secrets.env", lines, mode: 0o600)
    return try TestSupport.run(
      [
        builtExecutable("pushrod"), "run", "--local", area.file("\(name).yml"), "--secrets-file",
        area.file("secrets.env"),
      ],
      in: project.path, env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner"), "TMPDIR": area.path])
  }

  private static func has(_ programs: String...) -> Bool { programs.allSatisfy { findProgram($0) != nil } }

  /// A package without dependencies, for `npm ci` needs a lock file and no network.
  private func node(_ name: String, in folder: String = "", scripts: [String: String]) throws {
    let prefix = folder.isEmpty ? "" : folder + "/"
    let json = try JSONSerialization.data(withJSONObject: ["name": name, "version": "1.0.0", "scripts": scripts])
    try project.write(prefix + "package.json", json)
    try project.write(
      prefix + "package-lock.json",
      #"{"name":"\#(name)","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{"":{"name":"\#(name)","version":"1.0.0"}}}"#
    )
  }

  @Test(
    "of a static site builds and publishes it",
    .enabled(if: has("node", "npm", "rsync"), "node, npm or rsync is not installed here"))
  func staticSite() throws {
    try node(
      "site",
      scripts: ["build": "mkdir -p dist/css && echo '<h1>hello</h1>' > dist/index.html && echo a > dist/css/a.css"])
    try project.commit("site")
    try FileManager.default.createDirectory(atPath: server + "/www/site", withIntermediateDirectories: true)
    try "old".write(toFile: server + "/www/site/gone.html", atomically: true, encoding: .utf8)
    let ran = try run("static-site")
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(try String(contentsOfFile: server + "/www/site/index.html", encoding: .utf8) == "<h1>hello</h1>\n")
    #expect(!FileManager.default.fileExists(atPath: server + "/www/site/gone.html"))
  }

  @Test(
    "of a Node service goes live, and back where the new version does not answer",
    .enabled(if: has("node", "npm", "rsync"), "node, npm or rsync is not installed here"))
  func nodeService() throws {
    try node("shop", scripts: ["test": "node -e 0", "build": "echo \"$DATABASE_URL\" | wc -c > built"])
    try project.commit("shop")
    let live = ("npx --no-install knex migrate:latest", "test -n \"$DATABASE_URL\"")
    let answers = (
      "curl --fail --silent --show-error --retry 15 --retry-delay 1 --retry-connrefused http://127.0.0.1:3000/healthz",
      "true"
    )
    let secrets = ["DATABASE_URL": "postgres://shop:letmein@db/shop"]
    let first = try run("node-service", changes: [live, answers], secrets: secrets)
    #expect(first.status == 0, "\(first.output)\(first.errorOutput)")
    #expect(try String(contentsOfFile: server + "/shop/current/built", encoding: .utf8) == "32\n")
    #expect(!first.output.contains("letmein"))
    let silent = try run("node-service", changes: [live, (answers.0, "false")], secrets: secrets)
    #expect(silent.status == 1)
    #expect(silent.output.contains("the new version does not answer; back to"))
    #expect(FileManager.default.fileExists(atPath: server + "/shop/current/built"))
  }

  @Test(
    "of a Python application makes its environment and deploys",
    .enabled(if: has("python3", "rsync"), "python3 or rsync is not installed here"))
  func pythonApp() throws {
    try project.write("requirements.txt", "# none\n")
    try project.write(
      "backend/manage.py",
      """
      import os, sys
      print('manage', sys.argv[1], len(os.environ['APP_SECRET_KEY']))
      if sys.argv[1] == 'collectstatic':
        os.makedirs('static')
        open('static/site.css', 'w').close()

      """)
    try project.commit("app")
    let ran = try run(
      "python-app",
      changes: [
        ("-m pytest -q", "-c 'print(\"tested\")'"),
        (
          "curl --fail --silent --output /dev/null --retry 10 --retry-delay 1 --retry-connrefused http://127.0.0.1:8000/",
          "true"
        ),
      ], secrets: ["APP_SECRET_KEY": "0123456789", "DATABASE_URL": "sqlite:///x.db"])
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(ran.output.contains("manage migrate 10") && ran.output.contains("systemctl reload-or-restart app.service"))
    #expect(FileManager.default.fileExists(atPath: server + "/app/code/backend/manage.py"))
    #expect(FileManager.default.fileExists(atPath: server + "/app/code/backend/static/site.css"))
  }

  @Test("of a Rust program builds, installs and tries it", .enabled(if: has("cargo"), "cargo is not installed here"))
  func rustBinary() throws {
    try project.write("Cargo.toml", "[package]\nname = \"tool\"\nversion = \"1.2.3\"\nedition = \"2021\"\n")
    try project.write(
      "Cargo.lock", "version = 3\n\n[[package]]\nname = \"tool\"\nversion = \"1.2.3\"\n")
    try project.write("src/main.rs", "fn main() { println!(\"tool {}\", env!(\"CARGO_PKG_VERSION\")); }\n")
    try project.write(".gitignore", "target\n")
    try project.commit("tool")
    let ran = try run("rust-binary")
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(ran.output.contains("tool 1.2.3\n") && ran.output.contains("artifacts: kept 1 file"))
    #expect(try TestSupport.run([server + "/tool/bin/tool"]).output == "tool 1.2.3")
  }

  @Test("of a payment reads the event's file", .enabled(if: has("python3"), "python3 is not installed here"))
  func stripeEvent() throws {
    try project.write(
      "fulfil.py",
      "import json, os, sys\nprint('fulfilled', json.load(open(sys.argv[1]))['id'], len(os.environ['SHOP_API_TOKEN']))\n"
    )
    try project.commit("orders")
    try area.write("event.json", #"{"id": "evt_1", "data": {"object": {"id": "cs_1"}}}"#)
    let ran = try run(
      "stripe-event", changes: [("$PUSHROD_EVENT_FILE", area.file("event.json"))],
      secrets: ["SHOP_API_TOKEN": "0123456789ab"])
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(ran.output.contains("evt_1 cs_1\n") && ran.output.contains("fulfilled evt_1 12\n"))
  }

  @Test(
    "of one part of a large repository builds and publishes that part",
    .enabled(if: has("node", "npm", "rsync"), "node, npm or rsync is not installed here"))
  func monorepo() throws {
    try node("shop", in: "web", scripts: ["build": "mkdir -p dist && cp ../shared/name dist/index.html"])
    try project.write("shared/name", "everything\n")
    try project.commit("parts")
    try FileManager.default.createDirectory(atPath: server + "/www/shop", withIntermediateDirectories: true)
    let ran = try run("monorepo")
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(try String(contentsOfFile: server + "/www/shop/index.html", encoding: .utf8) == "everything\n")
    #expect(ran.output.contains("artifacts: kept 1 file"))
  }

  @Test(
    "of a site with content of a shop says why it is built, and publishes it",
    .enabled(if: has("node", "npm", "rsync"), "node, npm or rsync is not installed here"))
  func contentSite() throws {
    try node("catalogue", scripts: ["build": "mkdir -p dist && echo ${#SHOPIFY_API_TOKEN} > dist/index.html"])
    try project.commit("site")
    try FileManager.default.createDirectory(atPath: server + "/www/catalogue", withIntermediateDirectories: true)
    let ran = try run("content-site", secrets: ["SHOPIFY_API_TOKEN": "0123456789ab"])
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(ran.output.contains("started by hand"))
    #expect(try String(contentsOfFile: server + "/www/catalogue/index.html", encoding: .utf8) == "12\n")
  }

  @Test("of a Swift server tests, builds and installs it", .enabled(if: has("swift"), "swift is not installed here"))
  func swiftServer() throws {
    try project.write(
      "Package.swift",
      """
      // swift-tools-version:6.0
      import PackageDescription
      let package = Package(
        name: "api",
        targets: [.executableTarget(name: "api"), .testTarget(name: "apiTests")])
      """)
    try project.write("Sources/api/main.swift", "print(\"api 1\")\n")
    try project.write(
      "Tests/apiTests/SumTests.swift", "import Testing\n@Test func sum() { #expect(1 + 1 == 2) }\n")
    try project.write(".gitignore", ".build\n")
    try project.commit("api")
    try FileManager.default.createDirectory(atPath: server + "/api", withIntermediateDirectories: true)
    let ran = try run(
      "swift-server",
      changes: [
        ("$HOME/build", area.file("build")),
        (
          "curl --fail --silent --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:8080/healthz",
          "/srv/api/api"
        ),
      ])
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(ran.output.contains("api 1\n") && ran.output.contains("systemctl restart api.service"))
    let commit = try project.git("rev-parse", "HEAD")
    #expect(try String(contentsOfFile: server + "/api/VERSION", encoding: .utf8) == commit + "\n")
  }

  /// `SelfDeployTests` do the same to an agent that is running.
  @Test("of Pushrod itself installs what it has built and tried")
  func selfDeploy() throws {
    try project.write("pipelines/static-site.yml", "repo: https://github.com/acme/x.git\non: push\nsteps: [make]\n")
    try project.commit("pushrod")
    let installed = area.file("bin")
    let upgrade = """
      #!/bin/sh -eu
      mkdir -p '\(installed)'
      install -m 755 '\(area.file("built"))/pushrod' '\(area.file("built"))/pushrod-runner' '\(installed)'

      """
    try area.write("upgrade", upgrade, mode: 0o755)
    let build = "swift build --configuration release --static-swift-stdlib --scratch-path \"$scratch\""
    let built = "mkdir -p \"$scratch/release\"; cp \(builtExecutable("pushrod")) \(builtExecutable("pushrod-runner"))"
    let ran = try run(
      "self-deploy",
      changes: [
        (build, built + " \"$scratch/release/\""), ("$HOME/build", area.file("scratch")),
        ("/var/lib/pushrod-runner/build/pushrod", area.file("built")),
        ("sudo /usr/local/lib/pushrod/upgrade", area.file("upgrade")),
        (
          "curl --fail --silent --show-error --retry 10 --retry-delay 1 --retry-connrefused http://127.0.0.1:8700/healthz",
          "true"
        ),
      ])
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(try TestSupport.run([installed + "/pushrod", "--version"]).output.hasPrefix("pushrod "))
  }

  private static let hasDocker =
    has("docker") && (try? TestSupport.run(["docker", "info"]).status) == 0
    && (try? TestSupport.run(["docker", "compose", "version"]).status) == 0

  @Test(
    "of containers brings them up", .enabled(if: hasDocker, "docker with compose and a daemon that answers is not here")
  )
  func dockerCompose() throws {
    try project.write(
      "compose.yml",
      """
      services:
        db:
          build: .
          environment: [POSTGRES_PASSWORD]
          command: ["sleep", "60"]
      """)
    try project.write("Dockerfile", "FROM busybox\n")
    try project.commit("stack")
    defer { _ = try? TestSupport.run(["docker", "compose", "--project-name", "stack", "down"], in: project.path) }
    let ran = try run("docker-compose", secrets: ["POSTGRES_PASSWORD": "0123456789ab"])
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
  }

  @Test("of a backup at night makes it, whatever becomes of the old ones")
  func scheduledBackup() throws {
    try project.write("backup.sh", "#!/bin/sh\necho \"to $RESTIC_REPOSITORY with ${#RESTIC_PASSWORD}\"\n")
    try runChecked(["chmod", "+x", "backup.sh"], in: project.path)
    try project.commit("backup")
    try FileManager.default.createDirectory(atPath: server + "/backup", withIntermediateDirectories: true)
    let ran = try run(
      "scheduled-backup", changes: [("restic forget", "false")], secrets: ["RESTIC_PASSWORD": "0123456789ab"])
    #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
    #expect(ran.output.contains("to \(server)/backup with 12\n") && ran.output.contains("which is allowed"))
  }
}
