/// One line on a terminal that says how far something is, from the second second on. Nothing in a file or a pipe.
struct ProgressLine {
  private let what: String
  private let began = ContinuousClock.now
  private var shownAt: ContinuousClock.Instant?
  private let isShown = Terminal.standardErrorIsTerminal

  init(_ what: String) { self.what = what }

  /// - Parameter total: of bytes; `nil` where it is not known.
  mutating func show(_ done: Int, of total: Int?) {
    let now = ContinuousClock.now
    guard isShown, began.duration(to: now) > .seconds(1),
      shownAt.map({ $0.duration(to: now) > .milliseconds(200) }) ?? true
    else { return }
    shownAt = now
    let all = total.map { " of \(Wording.size($0))" } ?? ""
    Output.error.write("\r\(what): \(Wording.size(done))\(all)\u{1b}[K".utf8)
  }

  /// Takes the line away.
  mutating func end() {
    guard shownAt != nil else { return }
    shownAt = nil
    Output.error.write("\r\u{1b}[K".utf8)
  }
}
