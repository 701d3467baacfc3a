import FoundationEssentials
import Glibc

/// What is known of the place where standard output goes.
struct Terminal {
  /// Colours are wanted: it is a terminal that can show them, and nobody said no (https://no-color.org).
  let isColoured: Bool
  /// Columns; `nil` where lines may be as long as they are: a file, a pipe.
  let width: Int?

  static let standardOutput = {
    guard isatty(1) == 1 else { return Terminal(isColoured: false, width: nil) }
    let environment = ProcessInfo.processInfo.environment
    let colours = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    var size = winsize()
    let isKnown = ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return Terminal(isColoured: colours, width: isKnown ? Int(size.ws_col) : 80)
  }()

  static var standardErrorIsTerminal: Bool { isatty(2) == 1 }

  func style(_ text: String, _ style: Style) -> String {
    isColoured ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
  }

  enum Style: Int {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
  }
}
