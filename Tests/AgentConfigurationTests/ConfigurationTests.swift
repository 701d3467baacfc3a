import FoundationEssentials
import Model
import TestSupport
import Testing
import Webhooks

@testable import AgentConfiguration
@testable import Pipelines

@Suite struct ConfigurationTests {
  private let fixture: ConfigurationFixture
  private var folder: String { fixture.folder.path }

  init() throws { fixture = try ConfigurationFixture() }

  @Test("every key arrives where it belongs, and relative paths start at the file")
  func everything() throws {
    try fixture.folder.write(
      "deploy_key", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n", mode: 0o600)
    try fixture.folder.write("known_hosts", "github.com ssh-ed25519 AAAA\n")
    try fixture.folder.write("credentials/old", "older\n", mode: 0o400)
    let read = try fixture.load(
      """
      listen: "[::1]:9000"
      data: state
      socket: ./run/p.sock
      pipelines: /etc/pipelines/
      public_url: https://deploy.example.com/
      sources:
        github: {sender: github, secrets: [{file: github.secret}, {credential: old}]}
        work: {sender: gitea, secrets: {env: WORK_SECRET}}
      repositories:
        https://github.com/acme/*: {token: {env: TOKEN}}
        git@github.com:acme/shop.git: {key: {file: deploy_key}, known_hosts: known_hosts}
        https://git.example.com/*: {user: ada, password: {env: TOKEN}}
      remotes: {schemes: [https, ssh, file]}
      runs:
        parallel: 2
        data: /srv/runs
        launcher: {socket: /run/pushrod-runner.sock}
        keep: {runs: 20, days: 14, size: 1G}
      secrets:
        DATABASE_URL: {env: DB}
      limits: {body: 1M, header_timeout: 5, body_timeout: 1m, fetch_timeout: 1h, tree_entries: 1000, tree_bytes: 1G,
        disk: {warn: 10%, stop: 1G}}
      inbox: {keep: 500, age: 30d}
      compare_tips: 30s
      log: {format: json, level: debug}
      """,
      environment: [
        "WORK_SECRET": "w", "TOKEN": "t0ken", "DB": "postgres://x", "CREDENTIALS_DIRECTORY": "\(folder)/credentials",
      ])
    #expect(read.file == "\(folder)/pushrod.yml")
    #expect(read.listen == ListenAddress(host: "::1", port: 9000))
    #expect(read.data == "\(folder)/state")
    #expect(read.socket == "\(folder)/run/p.sock")
    #expect(read.pipelinesFolder == "/etc/pipelines")
    #expect(read.publicURL == "https://deploy.example.com")
    #expect(read.sources.map(\.name) == ["github", "work"])
    #expect(read.sources.map(\.sender.name) == ["github", "gitea"])
    #expect(read.sources[0].secrets.map(\.text) == ["s3cret-value", "older"])
    #expect(read.sources[1].secrets.map(\.text) == ["w"])
    #expect(
      read.credentials.map(\.pattern) == [
        "https://github.com/acme/*", "git@github.com:acme/shop.git", "https://git.example.com/*",
      ])
    guard case .token("t0ken") = read.credentials[0].access,
      case .key(user: nil, let key, let hosts) = read.credentials[1].access,
      case .password(user: "ada", password: "t0ken") = read.credentials[2].access
    else {
      Issue.record("\(read.credentials.count) credentials of other kinds")
      return
    }
    #expect(key.hasSuffix("-----END OPENSSH PRIVATE KEY-----\n"))
    #expect(hosts == "github.com ssh-ed25519 AAAA\n")
    #expect(read.allowedSchemes == [.https, .ssh, .file])
    #expect(read.parallelRuns == 2)
    #expect(read.runnerData == "/srv/runs")
    #expect(read.launcher == .socket("/run/pushrod-runner.sock"))
    #expect(read.secrets.mapValues(\.text) == ["DATABASE_URL": "postgres://x"])
    #expect(read.limits.body == 1 << 20)
    #expect(read.limits.headerTimeout == 5)
    #expect(read.limits.bodyTimeout == 60)
    #expect(read.limits.fetchTimeout == 3600)
    #expect(read.inbox == InboxRetention(keep: 500, age: 2_592_000))
    #expect(read.compareTips == 30)
    #expect(read.runRetention == RunRetention(runs: 20, days: 14, size: 1 << 30))
    #expect(read.limits.disk == DiskMarks(warn: DiskMark(percent: 10), stop: DiskMark(bytes: 1 << 30)))
    #expect(read.log == LogConfiguration(format: "json", level: "debug"))
    #expect(read.limits.tree == RunSpec.TreeLimits(entries: 1000, bytes: 1 << 30))
  }

  @Test("a file outside /etc keeps everything beside itself")
  func localDefaults() throws {
    let read = try fixture.load("sources: {}\n")
    #expect(read.listen == ListenAddress(host: "127.0.0.1", port: 8700))
    #expect(read.data == "\(folder)/data")
    #expect(read.runnerData == read.data)
    #expect(read.socket == "\(folder)/data/pushrod.sock")
    #expect(read.pipelinesFolder == "\(folder)/pipelines")
    #expect(read.allowedSchemes == [.https, .ssh])
    #expect(read.parallelRuns == 4)
    #expect(read.launcher == .spawn)
    #expect(read.limits == Configuration.Limits())
    #expect(read.inbox == InboxRetention(keep: 10_000, age: 7_776_000))
    #expect(read.compareTips == 600)
    #expect(read.runRetention == RunRetention(runs: 200, days: 90, size: 10 << 30))
    #expect(read.log == LogConfiguration(format: "logfmt", level: "info"))
    #expect(read.limits.body == 26_214_400)
    #expect(read.publicURL == nil)
  }

  @Test("comparing tips can be switched off, in each of YAML's words for it", arguments: ["off", "Off", "false"])
  func compareTipsOff(word: String) throws {
    #expect(try fixture.load("sources: {}\ncompare_tips: \(word)\n").compareTips == nil)
  }

  @Test("a file below /etc means the folders of the package")
  func systemDefaults() throws {
    let read = try Configuration.read(
      Array("sources: {}\n".utf8), file: "/etc/pushrod/pushrod.yml", overrides: Overrides(), environment: [:])
    #expect(read.data == "/var/lib/pushrod")
    #expect(read.socket == "/run/pushrod/pushrod.sock")
    #expect(read.pipelinesFolder == "/etc/pushrod/pipelines")
  }

  @Test("a flag wins over a variable, and a variable over the file")
  func overrides() throws {
    let text =
      "listen: 127.0.0.1:1\ninsecure_http: true\ndata: a\npipelines: a\npublic_url: https://a\nruns: {parallel: 1}\n"
    let environment = [
      "PUSHROD_LISTEN": "127.0.0.1:2", "PUSHROD_DATA": "/b", "PUSHROD_SOCKET": "/b.sock", "PUSHROD_PIPELINES": "/b",
      "PUSHROD_PUBLIC_URL": "https://b", "PUSHROD_RUNS_PARALLEL": "2",
    ]
    let read = try fixture.load(text, environment: environment)
    #expect(read.listen.port == 2)
    #expect(read.data == "/b")
    #expect(read.socket == "/b.sock")
    #expect(read.pipelinesFolder == "/b")
    #expect(read.publicURL == "https://b")
    #expect(read.parallelRuns == 2)
    let flags = Overrides(
      listen: ":3", data: "/c", socket: "/c.sock", pipelines: "/c", publicURL: "https://c", parallelRuns: "3")
    let again = try fixture.load(text, overrides: flags, environment: environment)
    #expect(again.listen == ListenAddress(host: "0.0.0.0", port: 3))
    #expect(again.data == "/c")
    #expect(again.socket == "/c.sock")
    #expect(again.pipelinesFolder == "/c")
    #expect(again.publicURL == "https://c")
    #expect(again.parallelRuns == 3)
    #expect(try fixture.load(text, environment: ["PUSHROD_DATA": ""]).data == "\(folder)/a")
  }

  @Test("a mistake in an override names the flag or variable")
  func brokenOverrides() {
    let found = fixture.diagnostics(
      "sources: {}\n", overrides: Overrides(listen: "nowhere"), environment: ["PUSHROD_RUNS_PARALLEL": "0"])
    #expect(found.map(\.file) == ["--listen", "PUSHROD_RUNS_PARALLEL"])
    #expect(found[0].rendered.hasPrefix("--listen: --listen must be an address and a port, not `nowhere`"))
  }

  @Test(
    "mistakes in the file are told with their places",
    arguments: [
      ("lisen: x", "1:1 unknown key `lisen` | did you mean `listen`?"),
      (
        "listen: 8700",
        "1:9 `listen` must be an address and a port, not `8700` | write it as 127.0.0.1:8700 or [::1]:8700"
      ),
      ("listen: 127.0.0.1:70000", "1:9 `listen` must be an address and a port"),
      ("public_url: deploy.example.com", "1:13 `public_url` must be an http or https address"),
      ("public_url: https://u@h/", "1:13 `public_url` must be an http or https address"),
      ("data: ", "1:6 `data` is empty; it must be a path"),
      ("runs: {parallel: 0}", "1:18 `runs.parallel` must be a whole number from 1 to 256"),
      ("runs: {launcher: fork}", "1:18 `runs.launcher` must be `spawn`, or {socket: PATH}"),
      ("runs: {paralel: 2}", "1:8 unknown key `paralel` in `runs` | did you mean `parallel`?"),
      ("remotes: [htps]", "1:11 unknown scheme `htps` | did you mean `https`?"),
      ("remotes: []", "1:10 `remotes` must be a list with at least one scheme"),
      ("limits: {body: 1}", "1:16 `limits.body` must be from 1024 to 67108864 bytes, not 1"),
      ("compare_tips: 5s", "1:15 `compare_tips` must be at least 10 s, not 5 s"),
      ("compare_tips: 2d", "1:15 `compare_tips` must be more than 0 and at most 24 h"),
      ("compare_tips: never", "1:15 `compare_tips` must be a length of time such as 30m"),
      ("inbox: {keep: 0}", "1:15 `inbox.keep` must be a whole number from 1 to 10000000"),
      ("inbox: {age: forever}", "1:14 `inbox.age` must be a length of time such as 30m"),
      ("inbox: {days: 3}", "1:9 unknown key `days`"),
      ("runs: {keep: {runs: 0}}", "1:21 `runs.keep.runs` must be a whole number from 1 to 10000000"),
      ("runs: {keep: {days: 90d}}", "1:21 `runs.keep.days` must be a whole number from 1 to 3650"),
      ("runs: {keep: {age: 3}}", "1:15 unknown key `age`"),
      ("limits: {disk: {stop: 100%}}", "1:23 `limits.disk.stop` must be free room such as 2G or 5%"),
      ("limits: {disk: {warn: 1%, stop: 2%}}", "1:23 `limits.disk.warn` is less than `limits.disk.stop`"),
      ("log: {format: xml}", "1:15 `log.format` must be logfmt, json or auto"),
      ("log: {level: loud}", "1:14 `log.level` must be one of trace"),
      ("inbox: 500", "1:8 `inbox` must be a mapping"),
      ("limits: {body: huge}", "1:16 `limits.body` must be a size such as 25M"),
      ("limits: {fetch: {attempts: 0}}", "1:28 `limits.fetch.attempts` must be a whole number from 1 to 20"),
      ("limits: {fetch: {memory: 1M}}", "1:26 `limits.fetch.memory` must be from 134217728 to"),
      ("limits: {fetch: {conect: 1s}}", "1:18 unknown key `conect` in `limits.fetch` | did you mean `connect`?"),
      (
        "limits: {fetch_timeout: 1m, fetch: {total: 1m}}",
        "1:44 `limits.fetch.total` and `limits.fetch_timeout` say the same thing twice | take `fetch_timeout` out"
      ),
      ("mirrors: {packs: 1}", "1:18 `mirrors.packs` must be a whole number from 2 to 100000"),
      ("mirrors: {unused: never}", "1:19 `mirrors.unused` must be a length of time"),
      ("limits: {fetch_timeout: 2d}", "1:25 `limits.fetch_timeout` must be more than 0 and at most 24 h"),
      (
        "sources: {github: {sender: githb, secrets: [{file: github.secret}]}}",
        "unknown sender `githb` | did you mean `github`?"
      ),
      ("sources: {github: {sender: smoke, secrets: [{file: github.secret}]}}", "known are github, gitlab, gitea"),
      ("sources: {github: {secrets: [{file: github.secret}]}}", "1:19 `sources.github` has no `sender`"),
      ("sources: {github: {sender: github}}", "1:11 source `github` has no `secrets`"),
      ("sources: {github: {sender: github, secrets: []}}", "must be a list with at least one secret"),
      ("sources: {\"a/b\": {sender: github, secrets: [{file: github.secret}]}}", "1:11 `a/b` cannot name a source"),
      ("sources: {poll: {sender: github, secrets: [{file: github.secret}]}}", "1:11 no source can be named `poll`"),
      ("sources: [github]", "1:10 `sources` must be a mapping of names to sources, not a list"),
      (
        "repositories: {acme/shop: {token: {file: github.secret}}}",
        "1:16 `acme/shop` is not the address of a repository"
      ),
      ("repositories: {\"https://*/acme\": {token: {file: github.secret}}}", "would offer the credential to any host"),
      ("repositories: {\"*:acme\": {token: {file: github.secret}}}", "would offer the credential to any host"),
      (
        "repositories: {\"https://h/x\": {}}",
        "must have `token`, or `key` with `known_hosts`, or `user` with `password`"
      ),
      ("repositories: {\"https://h/x\": {user: a}}", "must have `token`, or `key`"),
      ("repositories: {\"https://h/x\": {token: {file: github.secret}, user: a}}", "must have `token`, or `key`"),
      ("repositories: {\"git@h:x\": {key: {file: github.secret}}}", "a `key` needs `known_hosts`"),
      ("repositories: {\"git@h:x\": {key: {file: github.secret}, known_hosts: nope}}", "this is not a private key"),
      ("secrets: {PUSHROD_X: {file: github.secret}}", "`PUSHROD_X` cannot be set"),
      ("secrets: {A: {env: A_NUL}}", "1:20 the environment variable A_NUL is not set"),
    ])
  func mistakes(text: String, message: String) {
    let found = fixture.mistakes(text)
    #expect(found.count == 1, "\(found)")
    #expect(found.first?.contains(message) == true, "\(found)")
  }

  @Test("a socket path that is too long for the system is refused before anybody binds it")
  func longSocket() {
    let path = "/" + String(repeating: "s", count: 120)
    #expect(fixture.mistakes("socket: \(path)")[0].hasPrefix("1:9 the socket's path has 121 bytes"))
    #expect(fixture.mistakes("sources: {}", overrides: Overrides(socket: path))[0].hasPrefix("0:0 the socket's path"))
    #expect(fixture.mistakes("runs: {launcher: {socket: \(path)}}")[0].contains("longer than the 107 bytes"))
  }

  @Test("a configuration that is not there says how to make one")
  func missing() {
    do {
      _ = try Configuration.load(file: "\(folder)/nope.yml", environment: [:])
      Issue.record("was read")
    } catch {
      #expect(error.all[0].suggestion == "write one with `pushrod init`")
    }
  }

  @Test("the socket is found without reading a secret")
  func socketPath() throws {
    let file = try fixture.folder.write(
      "pushrod.yml", "data: state\nsources: {github: {sender: github, secrets: [{file: /nonexistent}]}}\n")
    #expect(try Configuration.socketPath(config: file, environment: [:]) == "\(folder)/state/pushrod.sock")
    #expect(try Configuration.socketPath(config: file, environment: ["PUSHROD_DATA": "/d"]) == "/d/pushrod.sock")
    #expect(try Configuration.socketPath(config: file, environment: ["PUSHROD_SOCKET": "/s"]) == "/s")
    #expect(try Configuration.socketPath(flag: "/f", config: file, environment: ["PUSHROD_SOCKET": "/s"]) == "/f")
    try fixture.folder.write("pushrod.yml", "socket: here.sock\ndata: [")
    #expect(try Configuration.socketPath(config: file, environment: [:]) == "\(folder)/data/pushrod.sock")
  }

  @Test("a configuration that was named and does not exist is told by its name, unless the socket is named, too")
  func socketPathOfNone() throws {
    let none = "\(folder)/nope.yml"
    func mistake(_ config: String?, _ environment: [String: String]) -> Diagnostic? {
      do {
        let path = try Configuration.socketPath(config: config, environment: environment)
        Issue.record("was \(path)")
        return nil
      } catch {
        return error.all[0]
      }
    }
    #expect(mistake(none, [:])?.message == "the configuration does not exist")
    #expect(mistake(none, [:])?.file == none)
    #expect(mistake(none, [:])?.suggestion == "--config names it")
    #expect(mistake(nil, ["PUSHROD_CONFIG": none])?.suggestion == "PUSHROD_CONFIG names it")
    #expect(try Configuration.socketPath(flag: "/f", config: none, environment: [:]) == "/f")
    #expect(try Configuration.socketPath(config: none, environment: ["PUSHROD_SOCKET": "/s"]) == "/s")
  }

  @Test("PUSHROD_CONFIG names the file where no flag does")
  func find() throws {
    #expect(try Configuration.find(explicit: "/x", environment: ["PUSHROD_CONFIG": "/y"]) == "/x")
    #expect(try Configuration.find(explicit: nil, environment: ["PUSHROD_CONFIG": "/y"]) == "/y")
  }

  @Test(
    "listen addresses",
    arguments: [
      ("127.0.0.1:8700", "127.0.0.1:8700"), ("localhost:0", "localhost:0"), (":80", "0.0.0.0:80"), ("[::]:1", "[::]:1"),
      ("8700", nil), ("a:b", nil), ("a:-1", nil), ("a:+1", nil), ("::1:80", nil), ("[]:80", nil), ("a b:1", nil),
      ("h/x:1", nil), ("", nil), (":", nil),
    ] as [(String, String?)])
  func listenAddresses(text: String, expected: String?) {
    #expect(ListenAddress(text)?.description == expected)
  }
}
