import Testing

@testable import Pipelines

/// What `pushrod check --strict` says of a pipeline that is valid.
@Suite struct AdviceTests {
  private static let frame = """
    repo: https://github.com/acme/shop.git
    on: push
    timeout: 10m
    secrets: [TOKEN, DATABASE_URL]
    steps:

    """

  /// `line:column message`, of a script in a block; its first line is line 7, its first column 9.
  private func advice(_ script: String, shell: String? = nil) throws -> [String] {
    let lines = script.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)\n" }.joined()
    let text =
      Self.frame + "    - run: |\n" + lines + (shell.map { "      shell: \($0)\n" } ?? "")
    return try PipelineFile.inspect(Array(text.utf8), file: "shop.yml").advice.map {
      "\($0.line):\($0.column) \($0.message)"
    }
  }

  @Test("a step without a time limit is found where the pipeline has none, once for all of them")
  func timeLimits() throws {
    let text = "repo: git@example.org:a/b.git\non: push\nsteps:\n  - {run: a, timeout: 1m}\n  - make b\n  - make c\n"
    let found = try PipelineFile.inspect(Array(text.utf8), file: "shop.yml").advice
    #expect(found.map(\.message) == ["step `make b` (and 1 more) has no time limit but the default of an hour"])
    #expect(found[0].line == 5 && found[0].column == 5)
    #expect(try PipelineFile.inspect(Array((text + "timeout: 5m\n").utf8), file: "shop.yml").advice.isEmpty)
  }

  @Test("a step for an event that nothing brings about is found")
  func events() throws {
    func advice(_ on: String, _ event: String) throws -> [String] {
      let text = "repo: git@example.org:a/b.git\non: \(on)\ntimeout: 1m\nsteps: [{run: a, when: {event: \(event)}}]\n"
      return try PipelineFile.inspect(Array(text.utf8), file: "shop.yml").advice.map(\.message)
    }
    #expect(
      try advice("push", "[schedule, webhook]")
        == ["step `a` runs on `schedule`, `webhook`, which `on` of this pipeline does not have"])
    for (on, event) in [
      ("push", "[schedule, push]"), ("push", "manual"), ("{schedule: \"@daily\"}", "schedule"),
      ("{webhook: {source: a}}", "webhook"),
    ] {
      #expect(try advice(on, event).isEmpty, "\(on) \(event)")
    }
  }

  @Test(
    "a secret on a command line is found, at its place",
    arguments: [
      (#"curl -H "Authorization: $TOKEN" https://x.example/"#, "7:33", "curl"),
      (#"psql "$DATABASE_URL" -f a.sql"#, "7:15", "psql"), (#"psql ${DATABASE_URL:-none}"#, "7:14", "psql"),
      ("true\n  FOO=1 sudo -E ./deploy --token=$TOKEN", "8:42", "deploy"),
      (#"if ! ssh host deploy "$TOKEN"; then :; fi"#, "7:31", "ssh"),
      (#"x=$(curl -u "me:$TOKEN" https://x.example)"#, "7:25", "curl"),
      (#"echo "$(curl -u "me:$TOKEN" https://x.example)""#, "7:29", "curl"),
    ])
  func commandLines(script: String, place: String, program: String) throws {
    let found = try advice(script)
    #expect(
      found == [
        "\(place) the secret `\(script.contains("DATABASE") ? "DATABASE_URL" : "TOKEN")` is on the command line of `\(program)`, where every user of the machine can read it"
      ])
  }

  @Test(
    "what the shell does with a secret by itself, and what a program reads, is nobody's concern",
    arguments: [
      #"printf 'Authorization: Bearer %s' "$TOKEN" | curl --header @- https://x.example/"#,
      #"echo "$TOKEN" | docker login --password-stdin"#, #"echo "$TOKEN" > token"#, #"[ -n "$TOKEN" ] && make"#,
      "export PGPASSWORD=$TOKEN", "PGPASSWORD=$TOKEN psql -f a.sql", "echo '$TOKEN'", "# curl $TOKEN", "make # $TOKEN",
      "cat <<END | mail ops\n$TOKEN\nEND", "send() { cat \"$1\"; }\nsend \"$TOKEN\"", #"curl "$TOKENS" "${#TOKEN}""#,
      "case $TOKEN in\n  a) echo yes ;;\n  *) echo no ;;\nesac", "docker run --env TOKEN image:1.2",
      #"curl -u "me:$TOKEN" https://x.example # strict: ok"#, "echo $((1 + 2)) 2>&1 | tee log",
      #"sum=$(printf '%s' "$TOKEN" | sha256sum)"#,
    ])
  func harmless(script: String) throws { #expect(try advice(script) == []) }

  @Test(
    "a secret that is written to the log is found",
    arguments: [("echo $TOKEN", "7:14"), ("echo a; printf '%s' \"$TOKEN\" >&2", "7:30")])
  func printed(script: String, place: String) throws {
    let found = try advice(script)
    #expect(found.count == 1 && found[0].hasPrefix("\(place) ") && found[0].contains("to the log"), "\(found)")
  }

  @Test("tracing is found where there are secrets", arguments: ["set -x", "set -eux", "set -e -o xtrace"])
  func tracing(script: String) throws {
    #expect(try advice(script) == ["7:9 `set -x` writes every command with its values to the log, secrets too"])
    #expect(try advice("set -eu -o pipefail") == [])
    #expect(try advice("make", shell: "bash -eux").count == 1)
    let none = "repo: git@example.org:a/b.git\non: push\ntimeout: 1m\nsteps: [\(script)]\n"
    #expect(try PipelineFile.inspect(Array(none.utf8), file: "shop.yml").advice.isEmpty)
  }

  @Test(
    "a download that is run unread is found",
    arguments: [
      "curl -fsSL https://x.example/i.sh | sh", "wget -qO- https://x.example | sudo -E bash -",
      "curl https://x.example | tee i.sh | bash -s -- --yes", "curl x |\n  python3",
      #"sh -c "$(curl -fsSL https://x.example)""#,
      "bash <(curl -s https://x.example)", "eval \"`wget -qO- x`\"", ". <(curl x)",
    ])
  func unread(script: String) throws {
    let found = try advice(script)
    #expect(found.count == 1 && found[0].hasPrefix("7:") && found[0].contains("unread"), "\(found)")
  }

  @Test(
    "a download that is read, kept or told is not",
    arguments: [
      "curl -s x | python3 -m json.tool", "curl -s x | sh check.sh",
      "curl x -o i.sh && sha256sum --check i.sum && sh i.sh",
      "curl -s x | grep ok || sh fallback.sh", "curl x | jq .", "sh -c 'make'", "curl x | python3 -c 'import sys'",
    ])
  func read(script: String) throws { #expect(try advice(script) == []) }

  @Test(
    "what is installed in its newest version is found",
    arguments: [
      ("docker pull nginx", "nginx"), ("docker run --rm ghcr.io/acme/x:latest", "ghcr.io/acme/x:latest"),
      ("pip install --quiet flask", "flask"), ("python3 -V; pip3 install 'a>=1' b==2", "a>=1"),
      ("npm install -g pm2", "pm2"), ("npx --yes @acme/tool", "@acme/tool"),
      ("go install x.example/t@latest", "x.example/t@latest"),
      ("cargo install ripgrep", "ripgrep"),
    ])
  func unpinned(script: String, name: String) throws {
    let found = try advice(script)
    #expect(
      found.count == 1 && found[0].hasSuffix("`\(name)` is whatever version is newest when the step runs"), "\(found)")
  }

  @Test(
    "what names its version, or leaves it to a file, is not",
    arguments: [
      "docker pull nginx:1.27", "docker pull $IMAGE", "pip install -r requirements.txt",
      "pip install --upgrade pip flask==3.0",
      "pip install .", "npm ci", "npm install", "npm install -g pm2@5", "npx --no-install knex", "go install ./...",
      "cargo install --locked --version 14.1.0 ripgrep", "npx -y @acme/tool@1.0", "pip install -c limits.txt flask",
    ])
  func pinned(script: String) throws { #expect(try advice(script) == []) }

  @Test("the place is right in every form of a text, and the step's where YAML folded it")
  func places() throws {
    func place(_ step: String) throws -> String {
      let found = try PipelineFile.inspect(Array((Self.frame + step).utf8), file: "shop.yml").advice
      return found.map { "\($0.line):\($0.column):\($0.span)" }.joined(separator: " ")
    }
    #expect(try place("    - echo $TOKEN\n") == "6:12:6")
    #expect(try place("    - \"echo $TOKEN\"\n") == "6:13:6")
    #expect(try place("    - {run: 'echo $TOKEN'}\n") == "6:19:6")
    #expect(try place("    - run: >\n        echo\n        $TOKEN\n") == "6:12:1")
    #expect(try place("    - |\n\n      echo $TOKEN\n") == "8:12:6")
  }

  @Test(
    "scripts that are cut anywhere, or nest without end, are read to their end",
    arguments: [
      #"a "$(b 'c' "${d:-"$(e)"}" <<< "x" | f > g 2>&1)" `h \`i\`` <(j) $((1 + (2))) \"#,
      String(repeating: "$(", count: 5000), String(repeating: "(", count: 5000), String(repeating: "`a ", count: 3000),
      "cat <<A <<-'B'\nx\nA\n\ty\n\tB", "\"", "'", "${", "$((", "<<", ">", "|", "case x in a) b;; esac )",
    ])
  func hostile(script: String) {
    for end in stride(from: 0, to: min(script.count, 200), by: 1) { _ = ShellScript(String(script.prefix(end))) }
    _ = ShellScript(script)
  }

  @Test("advice on an included step names the file it stands in")
  func included() throws {
    let text = Self.frame + "    - include: common/a.yml\n"
    let found = try PipelineFile.inspect(
      Array(text.utf8), file: "shop.yml",
      includes: Includes { _ in .success(Array("steps:\n  - echo $TOKEN\n".utf8)) }
    ).advice
    #expect(found.map { "\($0.file):\($0.line)" } == ["common/a.yml:2"])
  }
}
