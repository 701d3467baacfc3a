import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 12: steps that will not end")
struct Fault12_UnrulyStepsTests {
  struct Unruly: Sendable, CustomStringConvertible {
    var description: String
    /// Writes `begun` once it is at its worst.
    var script: String
    var state: RunState = .timedOut
    /// More keys of the step.
    var keys = ""
  }

  private static let cases = [
    Unruly(
      description: "a fork bomb",
      // Bounded: 2^8 shells that wait, and no more.
      script: """
        bomb() { if [ $1 -gt 0 ]; then bomb $(($1 - 1)) & bomb $(($1 - 1)) & fi; sleep 1000; }
        bomb 7 &
        sleep 0.3; touch begun; sleep 1000
        """),
    Unruly(
      description: "TERM ignored",
      script: "trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 1; done' & touch begun; while :; do sleep 1; done"
    ),
    Unruly(description: "SIGSTOP", script: "sh -c 'kill -STOP $$' & sleep 0.1; touch begun; kill -STOP $$; sleep 1000"),
    Unruly(
      description: "frozen in a control group of its own",
      script: """
        own=$(sed -n 's/^0:://p' /proc/self/cgroup)
        mount=$(awk '/ - cgroup2 /{ print $5; exit }' /proc/self/mountinfo)
        sleep 1000 &
        if [ -n "$mount" ]; then
          mkdir "$mount$own/frozen"
          echo $! > "$mount$own/frozen/cgroup.procs"
          echo 1 > "$mount$own/frozen/cgroup.freeze"
        fi
        touch begun; sleep 1000
        """),
    Unruly(
      description: "a fork bomb in a limit of processes",
      script: """
        echo 'trap "" TERM; [ $1 -gt 7 ] || { sh bomb.sh $(($1 + 1)) & sh bomb.sh $(($1 + 1)) & }; sleep 1000' > bomb.sh
        touch begun; sleep 0.3; sh bomb.sh 1
        """, state: .failed, keys: "limits: {processes: 100}"),
    Unruly(
      description: "setsid and a double fork, while the step goes on",
      script: "setsid sh -c '(trap \"\" TERM; while :; do sleep 1; done) & exit' & sleep 0.2; touch begun; sleep 1000"),
    Unruly(
      description: "setsid and a double fork, left behind by a step that succeeds",
      script: "setsid sh -c '(trap \"\" TERM; while :; do sleep 1; done) & exit'; touch begun; sleep 1",
      state: .succeeded),
  ]

  @Test("all is dead when the run has ended, and the agent answers meanwhile", arguments: cases, [true, false])
  func unruly(unruly: Unruly, hasCgroup: Bool) throws {
    guard hasCgroup || WithoutCgroups.isPossible else {
      return print("not tried without a cgroup: only root can take the cgroup file system away from a process")
    }
    let indented = unruly.script.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
    let shop = try Shop(
      "fault12",
      pipeline: "grace: 1s\nsteps:\n  - name: unruly\n    timeout: 2s\n    \(unruly.keys)\n    run: |\n\(indented)")
    let agent = shop.agent
    try agent.start(
      environment: hasCgroup ? [:] : ["PUSHROD_RUNNER": try WithoutCgroups.runner(in: agent.area)])
    let number = try shop.push()
    let begun = agent.area.file("data/workspaces/shop/begun")
    try waitUntil("the step is at its worst") { FileManager.default.fileExists(atPath: begun) }
    let slowest = try runChecked([
      "curl", "-sS", "--max-time", "10", "-o", "/dev/null", "-w", "%{time_total}",
      "http://127.0.0.1:\(agent.port)/healthz",
    ])
    #expect(Double(slowest) != nil)
    let shown = try agent.finished(number)
    #expect(shown.run.state == unruly.state, "\(shown.run.reason ?? "")")
    #expect(agent.stepProcesses.isEmpty)
    // 2 s of its own, 1 s of grace, 1 s to die; and room for a machine that does much else.
    let wall = try #require(shown.steps.last?.usage?.wall)
    #expect(wall.value < 2 + 1 + 1 + 10, "\(wall)")
  }
}
