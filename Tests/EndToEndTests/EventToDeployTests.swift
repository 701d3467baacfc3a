import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// An event that says nothing of commits becomes a run of the pipeline's ref, with the real executables.
@Suite("An event becomes a finished deploy")
struct EventToDeployTests {
  private let work: TemporaryDirectory
  private let repository: GitRepository
  private let stable: String
  private let agent: AgentUnderTest

  init() throws {
    work = try TemporaryDirectory("event")
    repository = try GitRepository()
    try repository.write("index.html", "stable")
    stable = try repository.commit("Stable")
    try repository.git("branch", "stable")
    try repository.write("index.html", "next")
    try repository.commit("Next")
    let seen = work.file("seen")
    agent = try AgentUnderTest(
      pipelines: [
        "paid.yml": """
        repo: \(repository.url)
        ref: stable
        on:
          webhook:
            - source: stripe
              event: "checkout.*"
              where: {livemode: true, data.object.currency: [usd, eur]}
            - source: slack
              event: slash_command
              where: {command: /deploy}
        steps:
          - name: deploy
            run: |
              cp "$PUSHROD_EVENT_FILE" \(seen)-event
              cp index.html \(seen)-index
              git rev-parse HEAD > \(seen)-head
              echo "$PUSHROD_COMMIT $PUSHROD_REF $PUSHROD_BRANCH [$PUSHROD_PUSHER$PUSHROD_BEFORE$PUSHROD_TAG]" > \(seen)-variables
        """
      ])
    let configured = try agent.area.read("pushrod.yml").replacing(
      "sources:\n",
      with: """
        sources:
          stripe: {sender: stripe, secrets: {file: stripe.secret}}
          slack: {sender: slack, secrets: {file: slack.secret}}

        """)
    try agent.area.write("pushrod.yml", configured)
    for name in ["stripe", "slack"] { try agent.area.write("\(name).secret", "whsec_\(name)\n", mode: 0o600) }
    try agent.start()
  }

  private func send(_ sender: String, _ body: String) throws -> CommandResult {
    try work.write("body", body)
    return try run([
      builtExecutable("pushrod"), "send", "--url", "http://127.0.0.1:\(agent.port)/webhook/\(sender)", "--sender",
      sender, "--secret-file", agent.area.file("\(sender).secret"), "--body", work.file("body"),
    ])
  }

  private func event(_ id: String, _ type: String, currency: String = "usd") -> String {
    #"{"id": "\#(id)", "type": "\#(type)", "livemode": true, "data": {"object": {"currency": "\#(currency)"}}}"#
  }

  @Test("a Stripe event runs the tip of the pipeline's ref, and rerun exactly that commit again")
  func stripe() throws {
    let body = event("evt_1", "checkout.session.completed", currency: "eur")
    let sent = try send("stripe", body)
    #expect(sent.status == 0 && sent.output.hasPrefix("202 "), "\(sent.output) \(sent.errorOutput)")
    let shown = try agent.finished(1)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "") \(agent.log)")
    #expect(shown.run.request.trigger == .webhook)
    #expect(shown.run.request.commit?.hex == stable)
    #expect(try work.read("seen-event") == body)
    #expect(try work.read("seen-index") == "stable")
    #expect(try work.read("seen-head") == stable + "\n")
    #expect(try work.read("seen-variables") == "\(stable) refs/heads/stable stable []\n")
    let text = try agent.pushrod("show", "1").output
    #expect(text.contains("by an event (delivery 1)") && text.contains(stable), "\(text)")
    #expect(try agent.pushrod("runs").output.contains(stable.prefix(7)))
    #expect(try agent.pushrod("runs", "--commit", stable).output.contains("paid"))

    try repository.git("branch", "--force", "stable", "main")
    #expect(try agent.pushrod("rerun", "1").status == 0)
    #expect(try agent.finished(2).run.request.commit?.hex == stable)
    #expect(try work.read("seen-head") == stable + "\n")
    #expect(try work.read("seen-event") == body)
    // A new event takes what the ref is at by then.
    #expect(try send("stripe", event("evt_2", "checkout.session.completed")).status == 0)
    #expect(try agent.finished(3).run.state == .succeeded)
    #expect(try work.read("seen-index") == "next")
  }

  @Test("an event that no rule matches is answered 200 with the rule, and the inbox shows it")
  func ignored() throws {
    let sent = try send("stripe", event("evt_1", "checkout.session.completed", currency: "gbp"))
    #expect(sent.status == 0 && sent.output.hasPrefix("200 "), "\(sent.output)")
    let rule = #"data.object.currency is "gbp", not one of [usd, eur]"#
    #expect(sent.output.contains(rule.replacing("\"", with: "\\\"")))
    #expect(try agent.pushrod("inbox").output.contains("ignored: \(rule)"))
    let shown = try agent.pushrod("inbox", "show", "1").output
    #expect(shown.contains("paid") && shown.contains(rule))
    #expect(try send("stripe", event("evt_2", "ping")).output.contains(#"event \"ping\" not in [checkout.*]"#))
    #expect(try agent.pushrod("runs", "--json").output.contains("\"runs\":[]"))
    // `explain` says the same of the stored body, by the same configuration.
    try work.write("headers", "Content-Type: application/json\n")
    try work.write("body", event("evt_1", "checkout.session.completed", currency: "gbp"))
    let arguments = ["explain", "--sender", "stripe", "--headers", work.file("headers"), "--body", work.file("body")]
    let explained = try run([builtExecutable("pushrod")] + arguments + ["--config", agent.configuration])
    #expect(explained.output.contains("source     stripe"))
    #expect(explained.output.contains("does not start: \(rule)"), "\(explained.output)")
    let elsewhere = try run(
      [builtExecutable("pushrod")] + arguments + ["--config", agent.configuration, "--source", "slack", "--json"])
    #expect(elsewhere.output.contains(#"event \"checkout.session.completed\" not in [slash_command]"#))
    let unknown = try run(
      [builtExecutable("pushrod")] + arguments + ["--config", agent.configuration, "--source", "strpe"])
    #expect(unknown.status == 2 && unknown.errorOutput.contains("did you mean `stripe`?"), "\(unknown.errorOutput)")
  }

  @Test("a Slack slash command starts one, and the person who typed it reads so")
  func slack() throws {
    let body = "command=%2Fdeploy&text=shop&user_name=ada"
    let sent = try send("slack", body)
    #expect(sent.output == #"200 {"text":"started run 1"}"#, "\(sent.output) \(sent.errorOutput)")
    #expect(try agent.finished(1).run.state == .succeeded, "\(agent.log)")
    #expect(try work.read("seen-event") == body)
    #expect(try send("slack", "command=%2Fweather").output.contains(#"command is \"/weather\", not one of [/deploy]"#))
  }

  @Test("a source that is not configured is told by check and reload, and the old rules stay")
  func unknownSource() throws {
    let file = agent.area.file("pipelines/paid.yml")
    let broken = try agent.area.read("pipelines/paid.yml").replacing("source: stripe", with: "source: strpe")
    try agent.area.write("pipelines/paid.yml", broken)
    let checked = try run([builtExecutable("pushrod"), "check", "--config", agent.configuration])
    #expect(checked.status == 1)
    #expect(checked.output.contains("\(file):5:15: source `strpe` is not configured"), "\(checked.output)")
    #expect(checked.output.contains("did you mean `stripe`?"))
    // Without a configuration nobody knows which there are.
    #expect(try run([builtExecutable("pushrod"), "check", file]).status == 0)
    let reload = try agent.pushrod("reload")
    #expect(reload.status != 0 && reload.errorOutput.contains("strpe"), "\(reload.errorOutput)")
    #expect(try send("stripe", event("evt_1", "checkout.session.completed")).output.hasPrefix("202 "))
  }
}
