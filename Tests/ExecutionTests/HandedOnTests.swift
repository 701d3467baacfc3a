import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("What steps hand on: $PUSHROD_OUTPUT")
struct HandedOnTests {
  @Test("what a step writes to PUSHROD_OUTPUT is a variable of later steps, over `env`, under the step's own")
  func outputs() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      .init(
        steps: [
          Step(
            name: "a",
            run: """
              echo VERSION=1.2 >> "$PUSHROD_OUTPUT"
              printf 'NOTES<<END\\none = 1\\n\\nthree\\nEND\\nEMPTY=' >> "$PUSHROD_OUTPUT"
              """), Step(name: "b", run: "echo VERSION=2.0=x > $PUSHROD_OUTPUT"),
          Step(name: "c", run: #"echo "$VERSION/$NOTES/$EMPTY/$OWN""#, environment: ["OWN": "own"]),
        ], finally: [Step(name: "f", run: "echo $VERSION")], environment: ["VERSION": "pipeline"]))
    #expect(run.end?.runState == .succeeded)
    #expect(try run.log(3) == "2.0=x/one = 1\n\nthree//own\n")
    #expect(try run.log(4) == "2.0=x\n")
    #expect(run.finished(1)?.outputs == ["VERSION", "NOTES", "EMPTY"])
    #expect(run.finished(3)?.outputs == nil)
    let events = try String(contentsOfFile: run.directory.eventsPath, encoding: .utf8)
    #expect(!events.contains("2.0=x"), "only names are on record")
    let left = try FileManager.default.contentsOfDirectory(atPath: run.directory.path).filter { $0.contains("output") }
    #expect(left.isEmpty)
  }

  @Test("a secret that is handed on is masked where it is shown, and reaches the next step whole")
  func secretOutput() throws {
    let run = try RunFixture().run(
      .init(
        steps: [
          Step(name: "a", run: "echo URL=https://x:$TOKEN@host > $PUSHROD_OUTPUT"),
          Step(name: "b", run: #"echo "$URL"; printf %s "$URL" | wc -c"#),
        ], secrets: ["TOKEN": "canary-5512"]))
    #expect(try run.log(2) == "https://x:***@host\n26\n")
  }

  @Test(
    "a bad line fails the step with its number",
    arguments: [
      ("echo A=1; echo what", #"line 2 of $PUSHROD_OUTPUT: there is no `=`; write NAME=value"#),
      ("echo PATH=/tmp", "line 1 of $PUSHROD_OUTPUT: `PATH` cannot be handed on"),
      ("echo ld_preload=x", "`ld_preload` cannot be handed on"), ("echo PUSHROD_RUN=7", "`PUSHROD_RUN` cannot be"),
      ("echo TOKEN=x", "`TOKEN` is the name of a secret"), ("echo 1A=x", "`1A` cannot name a variable"),
      ("echo 'A <<END'", "no line below it is `END` alone"),
      ("printf 'A<<END\\nx\\n'", "line 1 of $PUSHROD_OUTPUT: no line below"),
      ("echo 'A<END'", "write NAME=value, or NAME<<WORD"), ("printf 'A=\\377'", "is not UTF-8"),
      ("printf 'A=%040000d' 1", "longer than 32768 bytes"), ("for i in $(seq 65); do echo A$i=1; done", "more than 64"),
      ("for i in 1 2 3 4 5; do printf 'A%d=%032000d\\n' $i 1; done", "all values together"),
      ("head -c 300000 /dev/zero | tr '\\0' '\\n'", "$PUSHROD_OUTPUT is longer than 262144 bytes"),
    ])
  func badOutputs(script: String, words: String) throws {
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: "(\(script)) > $PUSHROD_OUTPUT"), Step(name: "b", run: "true")],
        secrets: ["TOKEN": "canary-5512"]))
    #expect(run.end?.runState == .failed)
    #expect(run.finished(1)?.reason?.contains(words) == true, "\(run.finished(1)?.reason ?? "")")
    #expect(try run.log(1).contains(words))
    #expect(run.finished(1)?.outputs == nil)
  }

  @Test(
    "whatever a step puts in the place of the file, nothing waits and nothing else is read",
    arguments: [
      "rm $PUSHROD_OUTPUT; mkfifo $PUSHROD_OUTPUT", "ln -sf /etc/passwd $PUSHROD_OUTPUT",
      "rm $PUSHROD_OUTPUT; mkdir $PUSHROD_OUTPUT", "rm $PUSHROD_OUTPUT",
    ])
  func hostileFile(script: String) throws {
    let run = try RunFixture().run(script, "true")
    #expect(run.end?.runState == .succeeded)
    #expect(run.finished(1)?.outputs == nil)
  }
}
