import Foundation
import Model
import TestSupport
import Testing

@testable import Pipelines

/// The schema and the reader on the same files, with the schema in the hands of an independent validator (python-jsonschema).
@Suite struct SchemaCorpusTests {
  private static let frame = "repo: https://github.com/acme/shop.git\non: push\n"

  /// Read by both.
  private static let accepted: [String] =
    PipelineLanguage.examples.map(\.pipeline)
    + [
      "on: {push: }\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: [push, manual]\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {push: {tags: v*}, poll: 60, manual: false}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {webhook: [{source: a}, {source: b, where: {x.y: [1, true, null, z]}}]}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      frame + "steps: [5, true, make]", frame + "name: 5\nsteps: [make]", frame + "name: true\nsteps: [make]",
      frame + "secrets: []\nsteps: [{run: a, dir: a/..b/c.., env: {A: \"\"}}]",
      frame + "steps: [{run: make, env: {A: 1, B: 1.5, C: true, D: \"\"}}]",
      frame
        + "steps: [{run: a, timeout: 90}, {run: x, timeout: 1h 30m}, {run: y, timeout: 1.5h}, {run: z, timeout: 250ms}]",
      frame + "steps: [{run: a, shell: [bash, -eu]}, {include: common/node.yml}]\nfinally: [b]",
      frame + "steps: [make]\nconcurrency: {mode: cancel}\nkeep: {size: 1 MiB}",
      "on: {manual: {inputs: {A: , B: {type: number, default: 1}}}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {push: {paths: [\"src/**\", \"!**/*.md\"]}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {push: {branches: \"[^ ]*\", tags: \"v{1,2}\", paths: my file}, webhook: {source: a, event: a b}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {push: {paths: src/**}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      frame + "file: .pushrod.yml",
      "on: {schedule: [\"@daily\", \"*/5 8-17 * * mon-fri\"]}\ntimezone: Europe/Berlin\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {manual: {}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      frame + "steps: [make]\nworkspace: {clean: none, submodules: false, lfs: true, depth: full, sparse: docs/**}",
      frame + "steps: [make]\nworkspace: {sparse: [a/b, c/, ./d]}\n",
      frame + "steps: [{run: a, cache: [{key: [a, \"!b\"], paths: x}, {key: c, paths: [d/e, ./f]}]}]",
      frame + "steps: [{run: a, artifacts: [dist, \"!**/*.map\"]}]",
      frame
        + "steps: [{name: a, run: a}, {run: b, needs: a}, {run: c, needs: [a, b]}, {run: d, needs: []}]\nparallel: 256",
      frame
        + "steps: [{run: a, when: {branch: [main, \"v/*\"], event: [push, schedule], status: [failed, succeeded]}}]",
      frame
        + "steps: [{run: a, retry: 2, detach: true}, {run: b, retry: {times: 3, wait: 1m, backoff: 1.5}, interruptible: false}]",
      frame
        + "steps: [{approval: \"Deploy?\"}, {name: go, needs: [], approval: {ask: Deploy?, timeout: 30d}, when: {branch: main}}]",
      frame + "steps: [make]\non_failure: [a, {run: b, retry: 1, when: {branch: main}}]",
      frame + "steps: [make]\nkeep: {size: 1048576, runs: 1}\nsecrets: A\ngrace: 1",
      frame + "steps: [{run: a, limits: {log_end: fail}}]\nlimits: {log: 200 MB}",
      frame + "steps: [make]\nlimits: {memory: 2G, cpu: 150%, processes: 512, io: 50}",
      frame + "steps: [{run: a, sandbox: false}, {run: b, sandbox: {network: true}}]\nsandbox: {write: /srv/shop}",
      frame + "steps: [make]\nsandbox: true",
      frame + "user: _www-data.1\nsteps: [{run: a, user: Deploy, tty: true}]",
    ]

  /// Refused by both.
  private static let refused: [String] =
    [
      "[]", "text", "repo: git@example.org:a/b.git\nsteps: [make]", "on: push\nsteps: [make]",
      frame, frame + "step: [make]", frame + "steps: make", frame + "steps: []", frame + "steps: [[a]]",
      frame + "steps: [{name: a}]", frame + "steps: [{run: [a]}]", frame + "steps: [{run: a, timeout: soon}]",
      frame + "steps: [{run: a, timeout: -1}]", frame + "steps: [{run: a, timeout: 0}]",
      frame + "steps: [{run: a, timeout: 5 weeks}]", frame + "steps: [{run: a, timeout: 1s1m}]",
      frame + "steps: [{run: a, allow_failure: \"yes\"}]", frame + "steps: [{run: a, retry: 0}]",
      frame + "steps: [{run: a, retry: {wait: 5s}}]", frame + "steps: [{run: a, retry: {times: 2, pause: 5s}}]",
      frame + "steps: [{run: a, retry: {times: 2, wait: 1s, backoff: 0.5}}]", frame + "steps: [{run: a, when: main}]",
      frame + "steps: [{run: a, when: {event: poll}}]", frame + "steps: [{run: a, when: {status: cancelled}}]",
      frame + "steps: [{run: a, when: {branch: []}}]", frame + "steps: [{run: a, needs: {a: b}}]",
      frame + "steps: [{run: a, interruptible: maybe}]", frame + "steps: [{run: a, detach: \"true\"}]",
      frame + "steps: [{approval: }]", frame + "steps: [{approval: {timeout: 1h}}]", frame + "steps: [{approval: [a]}]",
      frame + "steps: [make]\nparallel: 257", frame + "steps: [make]\nparallel: 0",
      frame + "steps: [make]\non_failure: []", frame + "steps: [make]\nfinally: []",
      frame + "steps: [{run: a, dir: \"\"}]",
      "on: {webhook: {source: \"\"}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      frame + "steps: [{run: a, cache: {key: a, paths: ../x}}]", frame + "steps: [{run: a, dir: ../x}]",
      frame + "steps: [{run: a, dir: /x}]", frame + "steps: [{run: a, dir: a/../b}]", frame + "file: ../x.yml",
      frame + "steps: [{run: a, when: {}}]", frame + "steps: [\"\"]", frame + "steps: [{run: \"\"}]",
      frame + "steps: [{approval: \"\"}]", frame + "steps: [{run: a, name: \"\"}]",
      frame + "steps: [{run: a, shell: \"\"}]", frame + "ref: \"\"\nsteps: [make]",
      "on: {push: {branches: \"\"}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      frame + "steps: [{include: common/node.yml, run: a}]", frame + "steps: [{include: common/node.yml, name: a}]",
      frame + "steps: [{run: a, approval: Deploy?}]", frame + "steps: [{approval: Deploy?, timeout: 1h}]",
      frame + "steps: [a]\nfinally: [{run: b, needs: [a]}]", frame + "steps: [a]\nfinally: [{approval: Deploy?}]",
      frame + "steps: [a]\non_failure: [{approval: Deploy?}]", frame + "file: .pushrod.yml\nsteps: [make]",
      frame + "file: .pushrod.yml\nfinally: [make]", frame + "steps: [{run: a, when: {branch: main, tag: v*}}]",
      frame + "steps: [{run: a, env: [A=1]}]", frame + "steps: [{run: a, env: {1A: x}}]",
      frame + "steps: [make]\nconcurrency: {}", frame + "steps: [make]\nconcurrency: {mode: fifo}",
      frame + "steps: [make]\nlimits: {log: much}", frame + "steps: [make]\nlimits: 200M",
      frame + "steps: [{run: a, limits: {log_end: stop}}]", frame + "steps: [make]\nlimits: {size: 1M}",
      frame + "steps: [make]\nlimits: {cpu: 1.5}", frame + "steps: [make]\nlimits: {processes: 0}",
      frame + "steps: [make]\nlimits: {io: 20000}", frame + "steps: [make]\nsandbox: bubblewrap",
      frame + "steps: [make]\nuser: 1000", frame + "steps: [make]\nuser: \"a b\"",
      frame + "steps: [{run: a, tty: please}]",
      frame + "steps: [make]\nsandbox: {read: [/srv]}", frame + "steps: [make]\nsandbox: {write: []}",
      frame + "steps: [make]\nkeep: {runs: 0}", frame + "steps: [make]\nkeep: {size: much}",
      frame + "steps: [{run: a, cache: node_modules}]", frame + "steps: [{run: a, cache: {key: a}}]",
      frame + "steps: [{run: a, cache: []}]", frame + "steps: [{run: a, cache: {key: [], paths: x}}]",
      frame + "steps: [{run: a, artifacts: []}]", frame + "steps: [{run: a, artifacts: {a: b}}]",
      frame + "steps: [make]\nworkspace: clean", frame + "steps: [make]\nworkspace: {clean: some}",
      frame + "steps: [make]\nworkspace: {depth: 1}", frame + "steps: [make]\nworkspace: {sparse: []}",
      frame + "steps: [make]\nworkspace: {lfs: 1}", frame + "steps: [make]\non_interrupt: maybe",
      frame + "steps: [make]\nname: \"a b\"",
      frame + "steps: [make]\nnotify: []", frame + "steps: [{release: {to: /srv}}]",
      "on: {pull: x}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: pull\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {push: {branch: x}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {push: {branches: []}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {webhook: {event: x}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {manual: maybe}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {push: {paths: {src: true}}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {push: {paths: []}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {schedule: {cron: x}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: schedule\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {manual: {input: {}}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {manual: {inputs: [A]}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {manual: {inputs: {1A: {type: text}}}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {manual: {inputs: {A: {type: date}}}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {manual: {inputs: {A: {choices: []}}}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
      "on: {poll: often}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    ]

  /// Of good form, and refused by the reader for what it means.
  private static let meaningless: [String] = [
    frame + "steps: [{run: a, name: x}, {run: b, name: x}]", frame + "steps: [{run: a, timeout: 30d}]",
    frame + "steps: [make]\nlimits: {log: 12}",
    frame + "steps: [make]\nworkspace: {sparse: [../x]}",
    frame + "steps: [make]\nlimits: {memory: 1K}", frame + "steps: [make]\nlimits: {cpu: 0%}",
    frame + "steps: [make]\nsandbox: {write: srv/shop}", frame + "steps: [{run: a, detach: true}]\nsandbox: true",
    frame + "steps: [{run: a, cache: {key: a, paths: [\"*\"]}}]",
    frame + "steps: [{run: a, cache: {key: a, paths: .git/x}}]",
    frame + "steps: [{run: a, cache: {key: a, paths: [x, x/y]}}]",
    frame + "steps: [{run: a, artifacts: ../x}]", frame + "steps: [{run: a, artifacts: \"!x\"}]",
    frame + "steps: [make]\nworkspace: {sparse: [\"docs/*.md\"]}", frame + "steps: [make]\nworkspace: {sparse: [.]}",
    frame + "steps: [{include: common/gone.yml}]",
    frame + "steps: [{run: a, needs: [b]}]",
    frame + "steps: [{name: a, run: a, needs: [b]}, {name: b, run: b, needs: [a]}]",
    frame + "steps: [{name: a, run: a, needs: [a]}]",
    frame + "steps: [{run: a, retry: {times: 2, backoff: 2}}]",
    frame + "steps: [{run: a, retry: {times: 2, wait: 2h}}]",
    frame + "steps: [{approval: {ask: Deploy?, timeout: 31d}}]",
    frame + "steps: [{run: a, when: {branch: \"!main\"}}]",
    "on: {push: {branches: \"[\"}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {push: {branches: \"main, dev\"}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {push: {tags: \"v1:v2\"}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    frame + "steps: [{run: a, when: {branch: main dev}}]",
    "on: {push: {paths: ../x}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {push: {paths: src/}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {push: {paths: \"!**/*.md\"}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {schedule: \"0 0 30 2 *\"}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {schedule: \"@daily\"}\ntimezone: ../x\nrepo: git@example.org:a/b.git\nsteps: [make]",
    frame + "timezone: UTC\nsteps: [make]",
    "on: {manual: {inputs: {A: {type: choice}}}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {push: , manual: {inputs: {A: {required: true}}}}\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {manual: {inputs: {A: }}}\nsecrets: A\nrepo: git@example.org:a/b.git\nsteps: [make]",
    "on: {manual: false}\nrepo: git@example.org:a/b.git\nsteps: [make]",
  ]

  private static func isRead(_ text: String) -> Bool {
    (try? PipelineFile.parse(Array(text.utf8), file: "shop.yml", includes: LanguageTests.includes)) != nil
  }

  @Test("the reader reads what the corpus calls accepted, and refuses the rest")
  func reader() {
    for text in Self.accepted where !Self.isRead(text) { Issue.record("was refused:\n\(text)") }
    for text in Self.refused + Self.meaningless where Self.isRead(text) { Issue.record("was read:\n\(text)") }
  }

  private static let hasValidator = (try? run(["python3", "-c", "import jsonschema"]).status) == 0

  @Test(
    "the schema says the same of their form",
    .enabled(if: hasValidator, "python3 has no jsonschema here (Debian: python3-jsonschema)"))
  func schema() throws {
    try Self.check(
      PipelineLanguage.schema, accepts: Self.accepted + Self.meaningless, refuses: Self.refused)
  }

  private static let ofRepository = (
    accepted: [
      "steps: [make]", "steps: [{name: a, run: make, needs: []}]\non_failure: [tell]\nfinally: [{run: rm x}]",
      "steps: [{run: a, when: {branch: main}, retry: 2, env: {A: b}}]",
    ],
    refused: [
      "steps: []", "{}", "[make]", "repo: git@example.org:a/b.git\nsteps: [make]", "steps: [make]\nsecrets: [TOKEN]",
      "steps: [{run: a, user: root}]", "steps: [{run: a, sandbox: false}]", "steps: [{run: a, limits: {memory: 1G}}]",
      "steps: [{include: common/node.yml}]",
      "steps: [{run: a, tiemout: 1m}]", "steps: [make]\nfinally: [{run: a, needs: [b]}]",
    ]
  )

  @Test("reader and schema of a repository's file say the same, too")
  func repositoryFile() throws {
    let (accepted, refused) = Self.ofRepository
    for text in accepted + refused {
      let isRead = (try? RepositoryFile.parse(Array(text.utf8), file: ".pushrod.yml", secrets: [])) != nil
      #expect(isRead == accepted.contains(text), "\(text)")
    }
    guard Self.hasValidator else { return print("python3 has no jsonschema here: only the reader was asked") }
    try Self.check(PipelineLanguage.repositorySchema, accepts: accepted, refuses: refused)
  }

  private static func check(_ schema: JSONValue, accepts accepted: [String], refuses refused: [String]) throws {
    let texts = accepted + refused
    let input = JSONValue.object(["schema": schema, "documents": .array(try texts.map(json))])
    let program = """
      import json, sys, jsonschema
      data = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(data["schema"])
      validator = jsonschema.Draft202012Validator(data["schema"])
      print(json.dumps([validator.is_valid(d) for d in data["documents"]]))
      """
    let area = try TemporaryDirectory("schema")
    try JSONEncoder().encode(input).write(to: URL(fileURLWithPath: area.file("input.json")))
    let output = try runChecked(["python3", "-c", program, area.file("input.json")])
    let answers = try JSONDecoder().decode([Bool].self, from: Data(output.utf8))
    #expect(answers.count == texts.count)
    for (text, answer) in zip(texts, answers) {
      let expected = accepted.contains(text)
      if answer != expected { Issue.record("the schema \(answer ? "accepts" : "refuses"):\n\(text)") }
    }
  }

  /// As an editor reads the text: plain scalars by YAML's core schema.
  private static func json(_ text: String) throws -> JSONValue {
    json(try Document.parse(Array(text.utf8), file: "shop.yml").root)
  }

  private static func json(_ node: Document.Node) -> JSONValue {
    switch node.content {
    case .list(let items): return .array(items.map(json))
    case .mapping(let entries):
      return .object(Dictionary(entries.map { ($0.key, json($0.value)) }) { first, _ in first })
    case .scalar(let text, let quoted):
      if quoted { return .string(text) }
      if node.isNull { return .null }
      if ["true", "True", "TRUE"].contains(text) { return .bool(true) }
      if ["false", "False", "FALSE"].contains(text) { return .bool(false) }
      if text.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil, let number = Double(text) {
        return .number(number)
      }
      return .string(text)
    }
  }
}
