import Agent
import FoundationEssentials
import Model

/// Times, lengths of time and sizes as people say them.
enum Wording {
  /// Of a push that no delivery told of.
  static let foundByComparing = "found by comparing tips"

  /// Who or what a run is owed to; empty where nobody said.
  static func origin(_ request: RunRequest) -> String {
    request.pusher ?? (request.trigger == .poll ? foundByComparing : request.trigger == .schedule ? "its schedule" : "")
  }

  /// `just now`, `3 min ago`, `2 h ago`, `5 d ago`; the day where it is longer ago, and where the clocks differ.
  static func ago(_ date: Date, now: Date = Date()) -> String {
    let seconds = now.timeIntervalSince(date)
    switch seconds {
    case -5..<5: return "just now"
    case 5..<60: return "\(Int(seconds)) s ago"
    case 60..<3600: return "\(Int(seconds / 60)) min ago"
    case 3600..<86_400: return "\(Int(seconds / 3600)) h ago"
    case 86_400..<(30 * 86_400): return "\(Int(seconds / 86_400)) d ago"
    default: return String(JSON.text(of: date).prefix(10))
    }
  }

  /// `2026-11-30 02:15 UTC`, with seconds where there are any.
  static func time(_ date: Date) -> String {
    let text = JSON.text(of: date).prefix(19).replacing("T", with: " ")
    return (text.hasSuffix(":00") ? String(text.dropLast(3)) : String(text)) + " UTC"
  }

  /// How long a run has taken so far or in all; empty where it never began. By the runner's own clock where it said
  /// so; else by the dates, which are off where the wall clock was set meanwhile.
  static func took(_ run: Run, now: Date = Date()) -> String {
    guard let start = run.startedAt else { return "" }
    if let took = run.took { return took.description }
    return Seconds(max(0, (run.finishedAt ?? now).timeIntervalSince(start))).description
  }

  /// `waits for run 12 of group shop`; empty where the run does not wait for another.
  static func waiting(_ run: Run) -> String {
    guard run.state == .queued, let other = run.waitsFor else { return "" }
    return "waits for run \(other) of group \(run.request.pipeline.concurrency.group)"
  }

  /// Why no run is started, and what ends that.
  static func of(_ drain: Drain) -> String {
    "\(drain.by) drained the agent \(ago(drain.since))"
      + (drain.endsAgent == true ? "; it stops when its runs have ended." : ". `pushrod drain --off` ends that.")
  }

  /// `1 ref`, `2 refs`, for nouns that take an `s`.
  static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  /// `512 B`, `3.8 KB`, `25 MB`: powers of 1024.
  static func size(_ bytes: Int) -> String { ByteSize.words(bytes) }
}
