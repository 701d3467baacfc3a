import FoundationEssentials
import Glibc
import Model

/// A step that is under way, as the runner sees it: its keeper's process, and what that says.
final class KeptStep {
  let job: StepJob
  /// Name of its log in the run directory.
  let log: String
  let process: pid_t
  /// The caller waits on it.
  let news: Descriptor
  private let orders: Descriptor
  private var received: [UInt8] = []
  /// When a keeper that was told to end its step and has not done so is killed itself.
  private(set) var killAt: Instant?
  /// The process is no more, and its number may be somebody else's.
  var isCollected = false
  /// How the step came out.
  private(set) var result: StepResult?

  init(job: StepJob, log: String, process: pid_t, news: Descriptor, orders: Descriptor) {
    self.job = job
    self.log = log
    self.process = process
    self.news = news
    self.orders = orders
  }

  /// A cancel may end it.
  var isInterruptible: Bool { job.step.isInterruptible ?? true }

  /// Longer than any news; outputs may be 128 KiB, and JSON makes more of them.
  private static let longestNews = 4 << 20

  /// What a keeper may take for ending its step, beyond the grace period.
  private static let patience: Duration = .seconds(30)

  /// What has come.
  enum Reading {
    case retried(number: Int, reason: String)
    /// The keeper has said its last word, or died without one.
    case over
  }

  /// Takes what can be read. Call it when `news` is ready.
  func read() -> [Reading] {
    let bytes = news.readAvailable(limit: 1 << 20)
    received += bytes
    var readings: [Reading] = []
    while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
      let line = Data(received[..<end])
      received.removeSubrange(...end)
      switch try? JSON.decoder().decode(KeeperNews.self, from: line) {
      case .retried(let number, let reason)?: readings.append(.retried(number: number, reason: reason))
      case .ended(let result)?: self.result = result
      case nil: break
      }
    }
    if bytes.isEmpty || received.count > KeptStep.longestNews || result != nil { readings.append(.over) }
    return readings
  }

  /// Has the step ended, with a grace period.
  func stop(grace: Duration, reason: String) {
    guard killAt == nil else { return }
    killAt = .now + grace + KeptStep.patience
    _ = orders.writeAll(Array((KeeperOrders.stop + KeptStep.line(reason) + "\n").utf8))
  }

  /// Ends the keeper itself.
  func kill() { if !isCollected { Glibc.kill(process, SIGKILL) } }

  /// Has it tried no more, and puts a line into its log.
  func letEnd(_ line: String) {
    _ = orders.writeAll(Array((KeeperOrders.lastTry + KeptStep.line(line) + "\n").utf8))
  }

  /// What it hands on cannot be taken, so it has not succeeded: a later step would miss the values.
  func refuseOutputs(_ complaint: String) {
    result?.outputs = []
    guard result?.state == .succeeded else { return }
    result?.state = .failed
    result?.reason = complaint
  }

  private static func line(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
