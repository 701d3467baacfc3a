import FoundationEssentials
import Model
import Testing

@testable import Pipelines

@Suite struct PipelineFileTests {
  @Test("every key of the language arrives where it belongs")
  func everything() throws {
    let read = try pipeline(
      """
      name: shop
      repo: git@github.com:acme/shop.git
      on:
        push:
          branches: [main, "release/**"]
          tags: ["v*"]
          skip: "[skip deploy]"
        manual: true
      env: {NODE_ENV: production, RETRIES: 3, DEBUG: false, VERSION: 1.10, EMPTY: ""}
      secrets: [DATABASE_URL]
      timeout: 1h30m
      grace: 5s
      concurrency: {group: production}
      keep: {runs: 50, days: 30, size: 2G}
      steps:
        - make test
        - name: build
          run: |
            npm ci
            npm run build
          dir: ./web/
          env: {CI: "1"}
          shell: bash -euo pipefail
          timeout: 10m
          allow_failure: true
      finally:
        - run: docker compose ps
      """)
    #expect(
      read
        == Pipeline(
          name: "shop", repository: try RepositoryURL("git@github.com:acme/shop.git"),
          triggers: Triggers(
            push: PushTrigger(branches: ["main", "release/**"], tags: ["v*"], skip: "[skip deploy]"), manual: true),
          environment: [
            "NODE_ENV": "production", "RETRIES": "3", "DEBUG": "false", "VERSION": "1.10", "EMPTY": "",
          ],
          secrets: ["DATABASE_URL"], timeout: 5400, grace: 5, concurrency: Concurrency(group: "production"),
          keep: RunKeep(runs: 50, days: 30, size: 2 << 30),
          steps: [
            Step(name: "make test", run: "make test"),
            Step(
              name: "build", run: "npm ci\nnpm run build\n", directory: "web", environment: ["CI": "1"],
              shell: ["bash", "-euo", "pipefail"], timeout: 600, allowFailure: true),
          ],
          finally: [Step(name: "docker compose ps", run: "docker compose ps")]))
  }

  @Test("what is left out has a default")
  func defaults() throws {
    let read = try pipeline(
      "repo: https://github.com/acme/shop\non: push\nsteps: [make]\n", file: "/etc/pushrod/web-2.yaml")
    #expect(read.name == "web-2")
    #expect(read.timeout == 3600)
    #expect(read.grace == 10)
    #expect(read.concurrency.group == "web-2")
    #expect(read.steps[0].shell == ["sh", "-eu"])
    #expect(read.finally.isEmpty)
    #expect(read.triggers == Triggers(push: PushTrigger(branches: nil, tags: nil, skip: nil), manual: false))
  }

  @Test("a concurrency group has a mode, which may stand alone")
  func concurrency() throws {
    #expect(try minimal("concurrency: web").concurrency == Concurrency(group: "web"))
    #expect(
      try minimal("concurrency: {group: web, mode: latest}").concurrency == Concurrency(group: "web", mode: .latest))
    let file = "repo: https://github.com/acme/shop\non: push\nsteps: [make]\nconcurrency: {mode: cancel}\n"
    #expect(try pipeline(file, file: "shop.yml").concurrency == Concurrency(group: "shop", mode: .cancel))
    #expect(
      mistakes("concurrency: {group: web, mode: lastest}") == [
        "4:33 `concurrency.mode` must be one of queue, latest, cancel, not `lastest` | did you mean `latest`?"
      ])
    #expect(
      mistakes("concurrency: {group: web, mod: latest}")
        == ["4:27 unknown key `mod` in `concurrency` | did you mean `mode`?"])
    #expect(
      mistakes("concurrency: {mode: [latest]}") == [
        "4:21 `concurrency.mode` must be one of queue, latest, cancel, not a list"
      ])
  }

  @Test("`on` has short forms")
  func shortTriggers() throws {
    let every = PushTrigger(branches: nil, tags: nil, skip: nil)
    #expect(try minimal(on: "push").triggers == Triggers(push: every, manual: false))
    #expect(try minimal(on: "[push, manual]").triggers == Triggers(push: every, manual: true))
    #expect(try minimal(on: "manual").triggers == Triggers(push: nil, manual: true))
    #expect(try minimal(on: "{push: }").triggers == Triggers(push: every, manual: false))
    #expect(try minimal(on: "{push: {branches: 1.10}}").triggers.push?.branches == ["1.10"])
    #expect(try minimal("", on: "\n  push:").triggers.push == every)
  }

  @Test("all mistakes of a file are told at once, in its order")
  func allAtOnce() {
    let found = mistakes(
      ofWhole: """
        name: my shop
        repo: acme/shop
        on:
          push:
            brances: [main]
        timeout: 3 weeks
        steps:
          - run: make test
            timout: 4
        """)
    #expect(
      found == [
        "1:7 the name must be letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit",
        "2:7 `repo`: `acme/shop` is not an address; write https://host/owner/name.git, git@host:owner/name.git or file:///path",
        "5:5 unknown key `brances` in `on.push` | did you mean `branches`?",
        "6:10 `timeout` must be a length of time such as 30m, 1h30m or 90s, not `3 weeks` | units are d, h, m, s and ms; a plain number is seconds",
        "9:5 unknown key `timout` in `steps[1]` | did you mean `timeout`?",
      ])
  }

  @Test("what comes with a later version is told apart from what is unknown")
  func laterKeys() {
    #expect(
      mistakes("notify: []") == ["4:1 key `notify` is not supported by this version of Pushrod | remove it"])
    #expect(
      mistakes(steps: "[{release: {to: /srv}}]")
        == ["3:10 key `release` in `steps[1]` is not supported by this version of Pushrod | remove it"])
  }

  @Test("what becomes of an interrupted run is one of two words")
  func onInterrupt() throws {
    let whole = "repo: https://github.com/acme/shop.git\non: push\nsteps: [make]\n"
    #expect(try pipeline(whole).onInterrupt == nil)
    #expect(try pipeline(whole + "on_interrupt: fail\n").onInterrupt == .fail)
    #expect(try pipeline(whole + "on_interrupt: rerun\n").onInterrupt == .rerun)
    #expect(
      mistakes("on_interrupt: re-runs") == [
        "4:15 `on_interrupt` must be fail or rerun, not `re-runs` | did you mean `rerun`?"
      ])
    #expect(mistakes("on_interrupt: [fail]").count == 1)
  }

  @Test("what is missing is named, with an example")
  func missing() {
    let found = mistakes(ofWhole: "name: shop\n")
    #expect(found.count == 3)
    #expect(found.contains { $0.hasPrefix("1:1 `repo` is missing") })
    #expect(found.contains { $0.hasPrefix("1:1 `on` is missing") })
    #expect(found.contains { $0.hasPrefix("1:1 `steps` is missing") })
    #expect(mistakes(ofWhole: "- a\n") == ["1:1 the file must be a mapping with `repo`, `on` and `steps`, not a list"])
    #expect(mistakes("", on: "{}")[0].hasPrefix("2:1 nothing would start this pipeline"))
    #expect(mistakes("", on: "{manual: false}")[0].hasPrefix("2:1 nothing would start this pipeline"))
    #expect(mistakes("", steps: "[]")[0].hasPrefix("3:1 `steps` is empty"))
  }

  @Test(
    "a password in the repository's address is refused without being shown",
    arguments: ["https://ann:hunter2@h/x.git", "https://ann:hunt/hunter2@h/x"])
  func passwordInAddress(address: String) {
    do {
      _ = try PipelineFile.parse(Array("repo: \(address)\non: push\nsteps: [x]\n".utf8), file: "f.yml")
      Issue.record("was accepted")
    } catch {
      #expect(error.description.contains("a password"), "\(error)")
      #expect(!error.all.map(\.rendered).joined().contains("hunter2"), "\(error)")
    }
  }

  @Test(
    "names of variables and secrets",
    arguments: [
      ("env: {1A: x}", "`1A` cannot name a variable"), ("env: {A-B: x}", "`A-B` cannot name a variable"),
      ("env: {\"\": x}", "`` cannot name a variable"), ("env: {PUSHROD_RUN: x}", "`PUSHROD_RUN` cannot be set"),
      ("env: {A: }", "variable `A` has no value"), ("env: {A: [1]}", "`env.A` must be text, not a list"),
      ("env: [A]", "`env` must be a mapping of names to texts, not a list"),
      ("env: {A: \"x\\0y\"}", "`env.A` must not contain a NUL character"),
      ("secrets: [A, A]", "secret `A` is named twice"), ("secrets: [a b]", "`a b` cannot name a variable"),
      ("secrets: [PUSHROD_X]", "`PUSHROD_X` cannot be set"),
      ("secrets: [A]\nenv: {A: x}", "`A` is in `env` and in `secrets`"),
      ("secrets: {A: x}", "`secrets` must be the name of a secret, not a mapping"),
    ])
  func variables(lines: String, message: String) {
    let found = mistakes(lines)
    #expect(found.count == 1)
    #expect(found.first?.contains(message) == true, "\(found)")
  }

  @Test(
    "types and bounds",
    arguments: [
      ("timeout: 0", "`timeout` must be more than 0"), ("timeout: 8d", "at most 168 h"), ("timeout: [1]", "not a list"),
      ("timeout: ", "`timeout` is empty"), ("grace: 11m", "at most 10 min"),
      ("concurrency: ", "`concurrency` is empty"),
      ("concurrency: {}", "`concurrency` has neither `group` nor `mode`"),
      ("concurrency: a b", "the name of a group must be"),
      ("name: ", "`name` is empty"), ("name: -x", "the name must be"), ("name: ../x", "the name must be"),
      ("name: é", "the name must be"), ("finally: x", "`finally` must be a list"),
    ])
  func bounds(lines: String, message: String) {
    let found = mistakes(lines)
    #expect(found.count == 1)
    #expect(found.first?.contains(message) == true, "\(found)")
  }

  @Test(
    "patterns are checked when the file is read",
    arguments: [
      ("{push: {branches: []}}", "is an empty list"), ("{push: {branches: [\"[a\"]}}", "a `[` is not closed"),
      ("{push: {branches: [\"!dev\"]}}", "only excludes"), ("{push: {branches: [\"\"]}}", "the pattern is empty"),
      ("{push: {branches: {a: 1}}}", "must be a pattern"), ("{push: {branches: }}", "`on.push.branches` is empty"),
      ("{push: {skip: \"\"}}", "1 to 200 bytes"), ("{push: main}", "must be a mapping with `branches`"),
      ("{push: [main]}", "must be a mapping with `branches`"), ("{manual: yes}", "write true"),
      ("{manual: \"true\"}", "write true"),
      ("pull", "unknown trigger `pull`"), ("true", "unknown trigger `true`"),
    ])
  func patterns(on: String, message: String) {
    let found = mistakes("", on: on)
    #expect(found.count == 1)
    #expect(found.first?.contains(message) == true, "\(found)")
  }

  @Test(
    "a pattern with a character that no branch and no tag has in its name is refused, with what was meant",
    arguments: [
      ("{push: {branches: \"main, dev\"}}", "the name of a ref has no blank | write [main, dev]"),
      ("{push: {branches: \"main release/*\"}}", "has no blank | write [main, \"release/*\"]"),
      ("{push: {branches: [main, \"dev \"]}}", "has no blank | write `dev`"),
      ("{push: {branches: \"!a b\"}}", "has no blank | write [\"!a\", b]"),
      ("{push: {branches: \" \"}}", "has no blank"), ("{push: {branches: \"! x\"}}", "has no blank"),
      ("{push: {tags: \"v1~2\"}}", "`v1~2` would match nothing: the name of a ref has no `~`"),
      ("{push: {tags: v1:v2}}", "has no `:`"), ("{push: {tags: \"^v1\"}}", "has no `^`"),
      ("{push: {branches: \"a\\tb\"}}", "has no control character (`\\t`)"),
    ])
  func foreignCharacters(on: String, words: String) {
    let found = mistakes(on: on)
    #expect(found.count == 1 && found.first?.contains(words) == true, "\(found)")
  }

  @Test("a set may hold such a character, and names of events and files may have it")
  func blanksElsewhere() throws {
    let read = try minimal(on: "{push: {branches: \"[^ ]*\", paths: my file}, webhook: {source: a, event: \"a b: c\"}}")
    #expect(read.triggers.push?.branches == ["[^ ]*"])
    #expect(read.triggers.push?.paths == ["my file"])
    #expect(read.triggers.webhooks?.first?.events == ["a b: c"])
  }

  @Test("secrets must be configured where it is known which are")
  func configuredSecrets() throws {
    let text = Array("repo: https://github.com/a/b\non: push\nsecrets: [DATABSE_URL]\nsteps: [x]\n".utf8)
    #expect(try PipelineFile.parse(text, file: "a.yml").secrets == ["DATABSE_URL"])
    do {
      _ = try PipelineFile.parse(text, file: "a.yml", secrets: ["DATABASE_URL"])
      Issue.record("was accepted")
    } catch {
      #expect(error.all[0].message == "secret `DATABSE_URL` is not configured")
      #expect(error.all[0].suggestion == "did you mean `DATABASE_URL`?")
    }
  }

  @Test("a pipeline survives JSON, as the run directory keeps it")
  func json() throws {
    let read = try minimal("env: {A: 1}")
    let data = try JSON.encoder().encode(read)
    #expect(try JSON.decoder().decode(Pipeline.self, from: data) == read)
  }

  @Test("any prefix of a pipeline is read or refused, never a crash")
  func prefixes() throws {
    let whole = Array(
      """
      name: shop
      repo: https://github.com/acme/shop.git
      on: {push: {branches: [main, "!old/*"]}}
      env: {A: "x\\n", B: 'y'}
      steps:
        - name: build
          run: |
            make
          shell: [bash, -eu]
      """.utf8)
    for count in 0..<whole.count {
      do { _ = try PipelineFile.parse(Array(whole[..<count]), file: "shop.yml") } catch { #expect(!error.all.isEmpty) }
    }
    for index in whole.indices {
      for byte in [0x00, 0x22, 0x7b, 0x2a, 0x26, 0x21, 0x3a, 0xff, 0x0a, 0x09, 0x3f] as [UInt8] {
        var changed = whole
        changed[index] = byte
        do { _ = try PipelineFile.parse(changed, file: "shop.yml") } catch { #expect(!error.all.isEmpty) }
      }
    }
  }

  @Test("an included file without steps is a mistake, and not a pipeline that does nothing")
  func emptyInclude() {
    let text = "repo: https://github.com/acme/shop.git\non: push\nsteps: [{include: common/none.yml}]\n"
    let includes = Includes { _ in .success(Array("steps: []\n".utf8)) }
    do {
      _ = try PipelineFile.parse(Array(text.utf8), file: "shop.yml", includes: includes)
      Issue.record("it was read")
    } catch {
      #expect("\(error)".contains("`steps` is empty: there is nothing to include"), "\(error)")
    }
  }
}
