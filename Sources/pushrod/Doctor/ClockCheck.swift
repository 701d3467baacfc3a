import FoundationEssentials

/// Whether the clock can be right: certificates, signatures with a time and people's logs depend on it.
enum ClockCheck {
  /// The year this was written; no clock that is right shows an earlier one.
  private static let earliest = 2026

  static func finding() async -> Finding {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let year = calendar.component(.year, from: Date())
    guard year >= earliest, year < earliest + 30 else {
      return .fail("clock", "It shows the year \(year).", "Set it: timedatectl set-ntp true")
    }
    switch await ToolOutput.of("timedatectl", ["show", "--property=NTPSynchronized", "--value"]) {
    case "yes": return .ok("clock", "It is kept right by the network.")
    case "no": return .warn("clock", "It is not kept right by the network.", "timedatectl set-ntp true")
    default: return .ok("clock", "The year is \(year); whether it is kept right is not known here.")
    }
  }
}
