import Testing

@testable import pushrod

@Suite("Exit codes")
struct CommandExitTests {
  @Test("the codes that scripts rely on do not change")
  func codes() {
    #expect(CommandExit.Code.done.rawValue == 0)
    #expect(CommandExit.Code.failed.rawValue == 1)
    #expect(CommandExit.Code.wrongUse.rawValue == 2)
    #expect(CommandExit.Code.notReachable.rawValue == 3)
    #expect(CommandExit.Code.superseded.rawValue == 4)
  }
}
