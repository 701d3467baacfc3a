import Foundation
import Pipelines
import TestSupport
import Testing

@testable import AgentConfiguration

@Suite struct ZoneFolderTests {
  private func failure(_ name: String, in folder: String) -> ZoneFailure? {
    guard case .failure(let failure) = ZoneFolder.zones(in: folder).find(name) else { return nil }
    return failure
  }

  @Test("a zone is found by its name, and one that is not there with the name that was meant")
  func finding() throws {
    let area = try TemporaryDirectory("zones")
    try area.write("zone.tab", "#c\tcoordinates\tTZ\nDE\t+5230+01322\tEurope/Berlin\tmost of Germany\nXX\n")
    try area.write("Europe/Berlin", "not a zone file")
    #expect(failure("UTC", in: area.path) == nil)
    #expect(failure("Berlin", in: area.path)?.suggestion == "did you mean `Europe/Berlin`?")
    #expect(failure("Europe/Berln", in: area.path)?.suggestion == "did you mean `Europe/Berlin`?")
    #expect(failure("Europe/Berlin", in: area.path)?.words.contains("no zone file of version 2") == true)
    // A folder, and a way out.
    #expect(failure("Europe", in: area.path)?.words == "does not exist")
    #expect(failure("../zones", in: area.path)?.words == "is no name of a time zone")
    #expect(failure("Europe/Berlin", in: area.file("none"))?.suggestion == "install the package tzdata")
  }
}
