import EndToEndSupport
import Foundation
import TestSupport
import Testing

@Suite("pushrod doctor")
struct DoctorCommandTests {
  @Test("a pipeline whose ref is not in its repository is warned of, where it is started without a push")
  func missingRef() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "hello")
    let pipeline = { (name: String, lines: String) in "name: \(name)\nrepo: \(repository.url)\n\(lines)\nsteps: [x]\n" }
    let agent = try AgentUnderTest(pipelines: [
      "a.yml": pipeline("a", "ref: gone\non: {webhook: {source: github}}"),
      "b.yml": pipeline("b", "on: {push: {branches: [gone]}}"), "c.yml": pipeline("c", "on: manual"),
    ])
    let output = try agent.pushrod("doctor", "--config", agent.configuration).output
    let warnings = output.split(separator: "\n").filter { $0.contains("has no refs/heads/") }
    #expect(warnings.count == 1, "\(output)")
    #expect(warnings.first?.contains("\(repository.url) has no refs/heads/gone") == true)
    #expect(output.contains("`ref: …`"))
  }

  @Test(
    "a user of a pipeline's steps who is not there, or cannot pass the folders above them, is told of",
    .enabled(if: geteuid() == 0, "only root's runners run steps as others"))
  func users() throws {
    for (user, words) in [("nobody", "cannot pass "), ("nobody-of-that-name", "and there is none")] {
      let agent = try AgentUnderTest(pipelines: [
        "shop.yml": "repo: https://github.com/acme/shop.git\non: push\nuser: \(user)\nsteps: [make]\n"
      ])
      let output = try agent.pushrod("doctor", "--config", agent.configuration).output
      let lines = output.split(separator: "\n").filter { $0.contains("`\(user)`") }
      #expect(lines.contains { $0.contains(words + (user == "nobody" ? agent.area.path : "")) }, "\(output)")
    }
  }

  @Test(
    "steps that are root although nobody wrote so are warned of",
    .enabled(if: geteuid() == 0, "only root's runners run steps as root"))
  func root() throws {
    for (line, isWarned) in [("", true), ("user: root\n", false)] {
      let agent = try AgentUnderTest(pipelines: [
        "shop.yml": "repo: https://github.com/acme/shop.git\non: push\n\(line)steps: [make]\n"
      ])
      let output = try agent.pushrod("doctor", "--config", agent.configuration).output
      #expect(output.contains("Runners are root, and so are the steps that name no `user`, in `shop`.") == isWarned)
    }
  }

  @Test(
    "proxies that are everybody are warned of, and one that `allow` needs and nobody named",
    arguments: [
      ("trusted_proxies: [127.0.0.1, 0.0.0.0/0]", "", "`trusted_proxies` has 0.0.0.0/0: anybody"),
      ("trusted_proxies: [\"::/0\"]", "allow: [192.0.2.0/24]", "`trusted_proxies` has ::/0: anybody"),
      ("", "allow: [192.0.2.0/24]", "which `allow` of github does not have"),
      ("", "allow: [127.0.0.1]", nil), ("trusted_proxies: [127.0.0.1]", "allow: [192.0.2.0/24]", nil), ("", "", nil),
    ] as [(String, String, String?)])
  func proxies(settings: String, source: String, words: String?) throws {
    let agent = try AgentUnderTest(pipelines: [:], settings: settings, source: source)
    let output = try agent.pushrod("doctor", "--config", agent.configuration).output
    let warnings = output.split(separator: "\n").filter { $0.hasPrefix("warn  proxies") }
    #expect(warnings.count == (words == nil ? 0 : 1), "\(output)")
    if let words { #expect(warnings.first?.contains(words) == true, "\(output)") }
  }

  @Test("a folder of runs that the agent cannot write fails")
  func closedRuns() throws {
    // Root may write everywhere; a file in the way stops root, too.
    for folder in geteuid() == 0 ? ["taken"] : ["taken", "closed"] {
      let agent = try AgentUnderTest(pipelines: [:], settings: "runs: { data: \(folder)/runner }")
      try agent.area.write("taken", "")
      try FileManager.default.createDirectory(
        atPath: agent.area.file("closed"), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o500])
      let result = try agent.pushrod("doctor", "--config", agent.configuration)
      #expect(result.status == 1)
      let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("fail  runs ") }
      let words = "This user may not write to \(agent.area.file(folder))"
      #expect(lines.first?.contains(words) == true, "\(result.output)")
    }
    let agent = try AgentUnderTest(pipelines: [:], settings: "runs: { data: runner }")
    #expect(try !agent.pushrod("doctor", "--config", agent.configuration).output.contains("may not write to"))
  }

  @Test("secrets that only the agent gets are named, and everything else is looked at all the same")
  func unreadSecrets() throws {
    let port = try Loopback.freePort()
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: https://127.0.0.1:\(port)/acme/shop.git
        on: push
        secrets: [TOKEN]
        steps: ['true']
        """
      ],
      settings: """
        secrets: { TOKEN: { credential: secret_token } }
        repositories:
          "https://127.0.0.1:\(port)/acme/*": { token: { credential: secret_forge } }
        """)
    let shipped = try agent.area.read("pushrod.yml")
      .replacing("- file: github.secret", with: "- credential: secret_github")
    try agent.area.write("pushrod.yml", shipped)

    let output = try agent.pushrod("doctor", "--config", agent.configuration).output

    let lines = output.split(separator: "\n")
    for words in ["credential secret_github", "credential secret_token", "credential secret_forge"] {
      #expect(lines.contains { $0.hasPrefix("ok    secrets") && $0.contains(words) }, "\(output)")
    }
    #expect(lines.contains { $0.hasPrefix("ok    configuration") }, "\(output)")
    #expect(lines.contains { $0.hasPrefix("ok    pipelines") }, "\(output)")
    #expect(
      lines.contains {
        $0.hasPrefix("warn  repository")
          && $0.contains("without the credential for `https://127.0.0.1:\(port)/acme/*`, which cannot be read here")
      }, "\(output)")
    #expect(lines.contains { $0.contains("No agent answers on ") }, "\(output)")
  }

  @Test("all well is exit 0; a repository that is gone and a key that cannot work are exit 1, each with what to do")
  func findings() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "hello")
    let files = try TemporaryDirectory("doctor")
    try files.write("known_hosts", "git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGF\n")
    try runChecked(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", files.file("rsa")])
    let pipeline =
      "name: shop\nrepo: \(repository.url)\non: { push: { branches: [main] } }\nsteps: ['true']\n"
    let agent = try AgentUnderTest(pipelines: ["shop.yml": pipeline])
    try agent.start()

    let well = try agent.pushrod("doctor", "--config", agent.configuration)
    #expect(well.status == 0, "\(well.output) \(well.errorOutput)")
    // `HEAD` and `main`.
    #expect(well.output.contains("\(repository.url): 2 refs."), "\(well.output)")

    let broken = try AgentUnderTest(
      pipelines: ["shop.yml": pipeline],
      settings: """
        repositories:
          "git@git.example.org:acme/*": { key: { file: \(files.file("rsa")) }, known_hosts: \(files.file("known_hosts")) }
        """)
    try FileManager.default.removeItem(atPath: repository.path)
    let ill = try broken.pushrod("doctor", "--config", broken.configuration)
    #expect(ill.status == 1, "\(ill.output)")
    let failures = ill.output.split(separator: "\n").filter { $0.hasPrefix("fail") }
    #expect(failures.contains { $0.contains(repository.url) }, "\(ill.output)")
    #expect(ill.output.contains("ed25519"), "\(ill.output)")

    let json = try broken.pushrod("doctor", "--config", broken.configuration, "--json")
    #expect(json.status == 1)
    #expect((try? JSONSerialization.jsonObject(with: Data(json.stdout))) != nil)
  }
}
