import Agent
import Foundation
import Model
import RunDirectory
import Store
import TestSupport
import Testing

@Suite struct ControlTests {
  @Test("cancelling a queued run ends it at once, and it never starts")
  func cancelQueued() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    try await fixture.queue(try somePipeline())

    let run = try await fixture.agent.cancel(run: 1, by: .ada)

    #expect(run.state == .cancelled)
    #expect(run.reason == "cancelled by ada")
    fixture.serve()
    try await fixture.queue(try somePipeline())
    let runner = try await fixture.launcher.runner(0)
    #expect(runner.directory == fixture.area.directory(ofRun: 2))
  }

  @Test("a run that has ended cannot be cancelled, one that is not there cannot be found")
  func cancelNothing() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    try await fixture.queue(try somePipeline())
    _ = try await fixture.agent.cancel(run: 1, by: .ada)

    await #expect(throws: ControlError.conflict("run 1 has already ended: cancelled.")) {
      try await fixture.agent.cancel(run: 1, by: .bob)
    }
    await #expect(throws: ControlError.notFound("there is no run 9.")) {
      try await fixture.agent.cancel(run: 9, by: .bob)
    }
  }

  @Test("a rerun is the same commit with the pipeline as it was, one attempt later")
  func rerun() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    try await fixture.queue(try somePipeline())
    await #expect(throws: ControlError.self) { try await fixture.agent.rerun(run: 1, by: .ada) }
    _ = try await fixture.agent.cancel(run: 1, by: .ada)

    let again = try await fixture.agent.rerun(run: 1, by: .ada)

    #expect(again.number == 2)
    #expect(again.request.commit == someCommit)
    #expect(again.request.pipeline == (try somePipeline()))
    #expect(again.request.trigger == .rerun)
    #expect(again.request.rerunOf == 1)
    #expect(again.request.attempt == 2)
    #expect(again.request.pusher == "ada")
  }

  @Test("a pipeline that does not say so is not started by hand, and the answer tells the line to add")
  func notManual() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline(manual: false)]))

    let failure = await #expect(throws: ControlError.self) {
      try await fixture.agent.start(pipeline: "shop", ref: nil, by: .ada)
    }
    #expect(failure?.description.contains("add the line `manual: true` under `on:`") == true)
    await #expect(throws: ControlError.notFound("there is no pipeline `tools`; there are: shop.")) {
      try await fixture.agent.start(pipeline: "tools", ref: nil, by: .ada)
    }
    await #expect(throws: ControlError.self) {
      try await AgentUnderTest(someRules([try somePipeline()])).agent.start(pipeline: "shop", ref: "a..b", by: .ada)
    }
  }

  @Test("a run by hand is of the commit that the remote names for the ref, behind a tag the peeled one")
  func manual() async throws {
    let folder = try TemporaryDirectory("probe")
    // Answers as `pushrod-runner probe` does, and keeps what it was asked.
    let script = try folder.script(
      "runner",
      """
      cat > \(folder.path)/asked
      echo '{"libgit2":"1.5.1","remotes":[{"url":"x","tips":[
        {"name":"refs/heads/release","id":"\(someCommit)"},
        {"name":"refs/tags/v1","id":"\(someCommit)","peeled":"\(otherCommit)"}]}]}'
      """)
    let pipeline = try somePipeline(branches: ["feature/*", "!x", "release"])
    let fixture = try AgentUnderTest(someRules([pipeline]), runner: script)

    let branch = try await fixture.agent.start(pipeline: "shop", ref: nil, by: .ada)
    let tag = try await fixture.agent.start(pipeline: "shop", ref: "tags/v1", by: .ada)

    #expect(branch.request.ref.full == "refs/heads/release")
    #expect(branch.request.commit == someCommit)
    #expect(branch.request.trigger == .manual)
    #expect(tag.request.commit == otherCommit)
    #expect(try folder.read("asked").contains("https://github.com/acme/shop.git"))
    let failure = await #expect(throws: ControlError.self) {
      try await fixture.agent.start(pipeline: "shop", ref: "gone", by: .ada)
    }
    #expect(failure?.description.contains("has no refs/heads/gone") == true)
  }

  @Test("inputs are completed, checked before the remote is asked, and kept by a rerun")
  func inputs() async throws {
    let folder = try TemporaryDirectory("probe")
    let script = try folder.script(
      "runner",
      """
      echo asked >> \(folder.path)/asked; cat > /dev/null
      echo '{"libgit2":"1.5.1","remotes":[{"url":"x","tips":[{"name":"refs/heads/main","id":"\(someCommit)"}]}]}'
      """)
    var pipeline = try somePipeline()
    pipeline.triggers.inputs = [
      Input(name: "TARGET", kind: .choice, choices: ["staging", "production"], isRequired: true),
      Input(name: "DRY", kind: .boolean),
    ]
    let fixture = try AgentUnderTest(someRules([pipeline]), runner: script)

    await #expect(
      throws: ControlError.invalid(
        "pipeline `shop` has no input `TARGT`: did you mean `TARGET`?; input `TARGET` must be given: one of staging, "
          + "production.")
    ) {
      try await fixture.agent.start(pipeline: "shop", ref: nil, inputs: ["TARGT": "staging"], by: .ada)
    }
    #expect((try? folder.read("asked")) == nil)
    let run = try await fixture.agent.start(pipeline: "shop", ref: nil, inputs: ["TARGET": "staging"], by: .ada)
    let wanted = ["TARGET": "staging", "DRY": "false"]
    #expect(run.request.inputs == wanted)
    _ = try await fixture.agent.cancel(run: run.number, by: .ada)
    let again = try await fixture.agent.rerun(run: run.number, by: .ada)
    #expect(again.request.inputs == wanted)
    #expect(try await fixture.store.run(number: again.number)?.request.inputs == wanted)
  }

  @Test("a probe that hangs, dies or talks nonsense is an answer in words")
  func brokenProbe() async throws {
    let folder = try TemporaryDirectory("probe")
    for (name, text) in [("dies", "exit 1"), ("raves", "cat > /dev/null; echo hello")] {
      let script = try folder.script(name, text)
      let fixture = try AgentUnderTest(someRules([try somePipeline()]), runner: script)
      let failure = await #expect(throws: ControlError.self) {
        try await fixture.agent.start(pipeline: "shop", ref: "main", by: .ada)
      }
      #expect(failure?.description.contains("could not be asked for main") == true, "\(name)")
    }
    let probe = RunnerProbe(
      executable: try folder.script("hangs", "exec sleep 1000"),
      environment: ["PATH": "/usr/bin:/bin"])
    let failure = await #expect(throws: RunnerProbe.Failure.self) {
      try await probe.ask(ProbeRequest(remotes: [], timeout: Seconds(-1.8)))
    }
    #expect(failure?.description == "the remote did not answer in time")
  }
}
