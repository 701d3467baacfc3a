import Foundation
import Model
import Testing

@testable import Agent

@Suite struct InterruptionTests {
  private func run(_ policy: InterruptPolicy?, attempt: Int = 1, commit: CommitID? = someCommit) throws -> Run {
    var pipeline = try somePipeline()
    pipeline.onInterrupt = policy
    var request = someRequest(pipeline)
    (request.attempt, request.commit) = (attempt, commit)
    return Run(number: 7, request: request, state: .running, queuedAt: Date(timeIntervalSince1970: 0))
  }

  private let outcome = RunOutcome(.interrupted, reason: "the runner died", commit: otherCommit)

  @Test("nothing is repeated unless the pipeline says so", arguments: [nil, InterruptPolicy.fail])
  func fail(policy: InterruptPolicy?) throws {
    let (end, repetition) = Interruption.settle(try run(policy), outcome)

    #expect(end == outcome)
    #expect(repetition == nil)
  }

  @Test("the same commit is run again as the next attempt")
  func rerun() throws {
    let first = try run(.rerun)
    let (end, repetition) = Interruption.settle(first, outcome)

    var expected = first.request
    (expected.trigger, expected.rerunOf, expected.attempt) = (.rerun, 7, 2)
    expected.origin = first.request.trigger
    expected.interruptions = 1
    #expect(repetition == expected)
    #expect(end == outcome)
  }

  @Test("what a person asked for keeps the place in the order that it was asked for with")
  func asked() throws {
    var first = try run(.rerun)
    first.request.mayGoBack = true
    let again = try #require(Interruption.settle(first, outcome).repetition)
    #expect(again.mayGoBack == true && again.askedIn == 7)
    first.number = 9
    first.request = again
    #expect(Interruption.settle(first, outcome).repetition?.askedIn == 7)
  }

  @Test("a run of a ref's tip is repeated for the commit that it had come to")
  func tip() throws {
    #expect(Interruption.settle(try run(.rerun, commit: nil), outcome).repetition?.commit == otherCommit)
    #expect(
      Interruption.settle(try run(.rerun, commit: nil), RunOutcome(.interrupted)).repetition?.commit == nil)
  }

  @Test("the third interruption in a row is the last that is repeated, and the reason says so")
  func last() throws {
    let first = try #require(Interruption.settle(try run(.rerun, attempt: 5), outcome).repetition)
    #expect(first.attempt == 6 && first.interruptions == 1)
    var third = try run(.rerun)
    third.request.interruptions = 2
    let (end, repetition) = Interruption.settle(third, outcome)

    #expect(repetition == nil)
    #expect(
      end.reason == "the runner died; it is not run again, because this was interruption 3 in a row, of at most 3")
  }
}
