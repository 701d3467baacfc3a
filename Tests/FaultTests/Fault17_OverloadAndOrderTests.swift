import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 17: very many deliveries, one many times, and in another order than they were pushed")
struct Fault17_OverloadAndOrderTests {
  /// Writes down which change it deployed; change `slow` takes as long as the test lets it.
  private static func pipeline(
    _ chain: CommitChain, mode: Concurrency.Mode, journal: String, slow: Int = 0, gate: String = "/"
  ) -> String {
    """
    name: shop
    repo: \(chain.url)
    on: { push: { branches: ["**"], tags: ["**"] } }
    concurrency: { group: production, mode: \(mode.rawValue) }
    grace: 1s
    steps:
      - name: live
        run: |
          number=$(cat number)
          echo "$number $PUSHROD_RUN" >> '\(journal)'
          [ "$number" != \(slow) ] || while [ ! -e '\(gate)' ]; do sleep 0.02; done
    """
  }

  private func journal(_ agent: AgentUnderTest) -> [(change: Int, run: Int)] {
    let text = (try? agent.area.read("journal")) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").compactMap { Int($0) }
      return words.count == 2 ? (words[0], words[1]) : nil
    }
  }

  private func runs(_ agent: AgentUnderTest) throws -> [Run] {
    struct List: Decodable { var runs: [Run] }
    var all: [Run] = []
    while true {
      let before = all.last.map { ["--before", String($0.number)] } ?? []
      let result = try agent.pushrod(arguments: ["runs", "--json", "--limit", "500"] + before)
      let page = try JSON.decoder().decode(List.self, from: Data(result.stdout)).runs
      all += page
      if page.count < 500 { return all.reversed() }
    }
  }

  private func waitUntilIdle(_ agent: AgentUnderTest) throws {
    try waitUntil("nothing runs or waits", within: 120) {
      struct Status: Decodable { var runningRuns: Int, queuedRuns: Int }
      let result = try run(
        ["curl", "-sS", "--unix-socket", agent.socket, "http://localhost/api/status"])
      // Nothing, from an agent that is only just coming up.
      guard let status = try? JSON.decoder().decode(Status.self, from: Data(result.stdout)) else { return false }
      return status.runningRuns == 0 && status.queuedRuns == 0
    }
  }

  @Test("2,000 deliveries at once are all answered within 10 s, all that were accepted are stored, and few are run")
  func flood() throws {
    let chain = try CommitChain(2_001)
    let agent = try AgentUnderTest(pipelines: [:], name: "fault17")
    try agent.area.write(
      "pipelines/shop.yml", Self.pipeline(chain, mode: .latest, journal: agent.area.file("journal")))
    try agent.start()
    try chain.point("refs/heads/main", at: 2_000)
    // Neighbours swapped now and then, as forges deliver.
    var order = Array(1...2_000)
    var random = SeededGenerator(seed: 17)
    for place in order.indices.dropLast() where Int.random(in: 0..<4, using: &random) == 0 {
      order.swapAt(place, place + 1)
    }
    let deliveries = order.map { DeliveryFlood.Delivery(id: "flood-\($0)", body: chain.push($0).json) }

    let answers = try DeliveryFlood(agent).send(deliveries, connections: 64)

    #expect(answers.allSatisfy { $0.time < 10 }, "slowest: \(answers.map(\.time).max() ?? 0) s")
    let statuses = Set(answers.map(\.status))
    #expect(statuses.isSubset(of: [202, 429, 503]), "\(statuses)")
    #expect(answers.allSatisfy { $0.isAccepted || $0.saysWhenToComeBack })
    let accepted = zip(deliveries, answers).filter { $1.isAccepted }.map(\.0.id)
    // From this machine there is no rate, so the limits of memory and connections are the only ones.
    #expect(accepted.count == 2_000)
    try waitUntilIdle(agent)
    let all = try runs(agent)
    let run = all.filter { $0.state != .superseded }
    #expect(all.count == accepted.count)
    #expect(run.allSatisfy { $0.state == .succeeded }, "\(run.filter { $0.state != .succeeded }.map(\.reason))")
    #expect(run.count < 200, "\(run.count) were run")
    #expect(all.filter { $0.state == .superseded }.allSatisfy { $0.supersededBy != nil && $0.reason != nil })
    let changes = journal(agent).map(\.change)
    #expect(changes == changes.sorted(), "an older change went over a newer one: \(changes)")
    #expect(changes.last == 2_001)
    agent.kill9()
    let stored = try runChecked(
      ["sqlite3", agent.area.file("data/pushrod.db"), "SELECT id FROM deliveries WHERE verdict <> 'rejected'"])
    #expect(Set(stored.split(separator: "\n").map(String.init)) == Set(accepted))
  }

  @Test("one id a hundred times at once is one run, and the delivery tells how often it came")
  func sameID() throws {
    let chain = try CommitChain(2)
    let agent = try AgentUnderTest(pipelines: [:], name: "fault17")
    try agent.area.write(
      "pipelines/shop.yml", Self.pipeline(chain, mode: .queue, journal: agent.area.file("journal")))
    try agent.start()
    try chain.point("refs/heads/main", at: 1)
    let delivery = DeliveryFlood.Delivery(id: "the-same", body: chain.push(1).json)

    let answers = try DeliveryFlood(agent).send(Array(repeating: delivery, count: 100), connections: 100)

    #expect(answers.allSatisfy { $0.status == 202 && $0.body.contains(#""runs":[1]"#) })
    #expect(answers.count { $0.body.contains("received before, as delivery 1") } == 99)
    #expect(try agent.finished(1).run.state == .succeeded)
    #expect(try runs(agent).count == 1)
    #expect(journal(agent).map(\.change) == [2])
    let shown = try agent.pushrod("inbox", "show", "1").output
    #expect(shown.contains("sent again   99 times, last "), "\(shown)")
    // On purpose it runs once more.
    #expect(try agent.pushrod("inbox", "replay", "1", "--follow").status == 0)
    #expect(journal(agent).map(\.change) == [2, 2])
  }

  @Test(
    "delivered backwards, the newest is what is live in the end, in every mode", arguments: Concurrency.Mode.allCases)
  func backwards(mode: Concurrency.Mode) throws {
    let chain = try CommitChain(8)
    let agent = try AgentUnderTest(pipelines: [:], name: "fault17")
    try agent.area.write(
      "pipelines/shop.yml", Self.pipeline(chain, mode: mode, journal: agent.area.file("journal")))
    try agent.start()
    try chain.point("refs/heads/main", at: 7)

    for place in (1..<8).reversed() { #expect(try agent.post(chain.push(place)).status == 202) }
    try waitUntilIdle(agent)

    #expect(journal(agent).map(\.change).last == 8)
    #expect(journal(agent).map(\.change) == journal(agent).map(\.change).sorted())
    for run in try runs(agent) {
      let isNewest = run.request.commit?.hex == chain.commits[7]
      #expect(run.state == (isNewest ? .succeeded : .superseded), "run \(run.number): \(run.state) \(run.reason ?? "")")
    }
  }

  @Test("in mode latest a push that overtook another behind a running deploy drops nothing newer")
  func latest() throws {
    let chain = try CommitChain(6)
    let agent = try AgentUnderTest(pipelines: [:], name: "fault17")
    try agent.area.write(
      "pipelines/shop.yml",
      Self.pipeline(
        chain, mode: .latest, journal: agent.area.file("journal"), slow: 2, gate: agent.area.file("gate")))
    try agent.start()
    try chain.point("refs/heads/main", at: 1)
    #expect(try agent.post(chain.push(1)).status == 202)
    try waitUntil("the first deploy is under way") { journal(agent).count == 1 }
    try chain.point("refs/heads/main", at: 5)
    for place in [2, 5, 3, 4] { #expect(try agent.post(chain.push(place)).status == 202) }
    let waiting = try agent.pushrod("runs").output
    #expect(waiting.contains("waits for run 1 of group production"), "\(waiting)")
    #expect(try agent.pushrod("show", "5").output.contains("waits for run 1 of group production"))
    let follower = try ServerProcess(
      [builtExecutable("pushrod"), "tail", "2"], env: ["PUSHROD_SOCKET": agent.socket, "NO_COLOR": "1"],
      output: agent.area.file("tail.log"))

    try agent.area.write("gate", "")
    try waitUntilIdle(agent)
    try waitUntil("the follower ends") { follower.hasExited }
    #expect(follower.stop() == 4)
    #expect(follower.log == "run 2 of shop superseded: superseded by run 3 before it began\n")

    #expect(journal(agent).map(\.change) == [2, 6])
    #expect(try runs(agent).map(\.state) == [.succeeded, .superseded, .succeeded, .superseded, .superseded])
    #expect(try runs(agent).map(\.supersededBy) == [nil, 3, nil, 3, 3])
    let tail = try agent.pushrod("tail", "5")
    #expect(tail.status == 4)
    #expect(tail.output.contains("run 5 of shop superseded: superseded by run 3 before it began"), "\(tail.output)")
    #expect(try agent.pushrod("inbox", "ls").output.contains("started run 5 (superseded by run 3)"))
    // Started on purpose, an older one goes over a newer one.
    #expect(try agent.pushrod("rerun", "2").status == 0)
    #expect(journal(agent).map(\.change) == [2, 6, 3])
  }

  @Test("in mode cancel the running deploy is ended for a newer push, not for an older one that came late")
  func cancel() throws {
    let chain = try CommitChain(6)
    let agent = try AgentUnderTest(pipelines: [:], name: "fault17")
    try agent.area.write(
      "pipelines/shop.yml",
      Self.pipeline(
        chain, mode: .cancel, journal: agent.area.file("journal"), slow: 4, gate: agent.area.file("gate")))
    try agent.start()
    try chain.point("refs/heads/main", at: 3)
    #expect(try agent.post(chain.push(3)).status == 202)
    try waitUntil("the first deploy is under way") { journal(agent).count == 1 }
    // Late: nothing happens.
    #expect(try agent.post(chain.push(1)).status == 202)
    usleep(500_000)
    #expect(try agent.showRun(1).run.state == .running)

    try chain.point("refs/heads/main", at: 5)
    for place in [5, 4] { #expect(try agent.post(chain.push(place)).status == 202) }
    let first = try agent.finished(1).run
    try waitUntilIdle(agent)

    #expect(first.state == .superseded)
    #expect(first.reason == "superseded by run 3")
    #expect(journal(agent).map(\.change) == [4, 6])
    #expect(try runs(agent).map(\.state) == [.superseded, .superseded, .succeeded, .superseded])
    #expect(try agent.pushrod("tail", "1").status == 4)
  }

  @Test(
    "kill -9 of the agent while runs wait changes nothing of what is newest",
    arguments: [
      Concurrency.Mode.queue, .latest,
    ])
  func killed(mode: Concurrency.Mode) throws {
    let chain = try CommitChain(6)
    let agent = try AgentUnderTest(pipelines: [:], name: "fault17")
    try agent.area.write(
      "pipelines/shop.yml",
      Self.pipeline(chain, mode: mode, journal: agent.area.file("journal"), slow: 5, gate: agent.area.file("gate")))
    try agent.start()
    try chain.point("refs/heads/main", at: 5)
    #expect(try agent.post(chain.push(4)).status == 202)
    try waitUntil("the first deploy is under way") { journal(agent).count == 1 }
    for place in [2, 5, 3] { #expect(try agent.post(chain.push(place)).status == 202) }
    agent.kill9()
    // It ends while nobody looks.
    try agent.area.write("gate", "")
    try waitUntil("the runner has ended") {
      try agent.area.read("data/runs/1/events.jsonl").contains("run_finished")
    }
    try agent.start()
    try waitUntilIdle(agent)

    #expect(journal(agent).map(\.change) == [5, 6])
    #expect(try runs(agent).map(\.state) == [.succeeded, .superseded, .succeeded, .superseded])
  }
}
