/// One line on a terminal that says how far something is, once that takes longer than a second. Nothing in a file or a pipe.
struct ProgressLine {
  private let what: String
  private let began = ContinuousClock.now
  private var shownAt: ContinuousClock.Instant?
  private let isShown = Terminal.standardErrorIsTerminal

  init(_ what: String) { self.what = what }

  /// What `body` makes; where that takes longer than a second, the line says for what one waits.
  mutating func wait<Value>(for reason: String, _ body: () async throws -> Value) async rethrows -> Value {
    let (what, isShown) = (what, isShown)
    let notice = Task {
      try await Task.sleep(for: .seconds(1))
      if isShown { Output.error.write("\r\(what): \(reason)\u{1b}[K".utf8) }
    }
    defer { notice.cancel() }
    let value = try await body()
    if began.duration(to: .now) > .seconds(1) { shownAt = began }
    return value
  }

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
