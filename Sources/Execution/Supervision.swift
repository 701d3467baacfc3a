import CLinux
import Glibc
import Model
import RunDirectory

/// Watches one step's process to its end: moves its output, keeps its time limits, ends its whole tree.
///
/// A step ends when its own process does, not when its pipe does: something left in the background may hold
/// that open for ever.
struct Supervision {
  let process: pid_t
  let pump: LogPump
  let tree: ProcessTree
  let waiter: any Waiter
  let limits: Limits
  /// What it leaves in the background stays, where it succeeds.
  var mayLeaveBehind = false
  /// Limits that are kept from here.
  var usage: UsageWatch?
  /// The process is bubblewrap's, which ends its sandbox without a grace period.
  var isEnclosed = false

  struct Limits {
    /// The step's own.
    var step: Instant?
    /// The run's.
    var run: Instant?
    /// Between TERM and KILL.
    var grace: Duration
  }

  /// Why a step was ended from here.
  enum Interruption: Equatable {
    case stopped(StopRequest)
    /// The runner, which knows why, has said so to the step's keeper.
    case ordered(String)
    case stepTime
    case runTime
    /// The log could not be written.
    case log(RunDirectoryError)
    /// More was written than its log may hold.
    case logLimit(String)
    /// It used more than it may, as the sentence says.
    case limit(String)
  }

  /// How it came out.
  struct End {
    var status: ExitStatus
    var interruption: Interruption?
    var usage = ProcessTree.Usage()
    var wall: Duration = .zero
    /// Names of processes that had to be ended after the step.
    var leftBehind: [String] = []
    var survivors = false
    /// What else there is to say of its output.
    var note: String?
    /// What it started goes on, and may still write.
    var isDetached = false
  }

  /// What a step left in the background may finish in, such as the `tee` of a closed pipeline.
  static let settling: Duration = .milliseconds(100)

  /// Returns when the process and everything it started are gone, and its output is in the log.
  func watch(onInterruption: (Interruption) -> Void = { _ in }) -> End {
    let start = Instant.now
    var end = End(status: .exited(0))
    var killAt: Instant?
    var output = pump.pipe.raw
    var status: Int32?
    var usage = self.usage

    func interrupt(_ interruption: Interruption, grace: Duration? = nil) {
      guard end.interruption == nil else { return }
      end.interruption = interruption
      onInterruption(interruption)
      let grace = grace ?? limits.grace
      if let words = interruption.words {
        let kill =
          grace > .zero
          ? "TERM to all of its processes, KILL in \(Seconds(grace.inSeconds))" : "KILL to all of its processes"
        try? pump.note("pushrod: \(words); \(kill)")
      }
      tree.terminate(besides: isEnclosed ? process : nil)
      killAt = .now + grace
    }
    func lookAtUsage() {
      guard let look = usage?.nextLook, killAt == nil, Instant.now >= look else { return }
      // Who takes what is not theirs would take more in the meantime.
      if let sentence = usage?.look(at: tree) { interrupt(.limit(sentence), grace: .zero) }
    }
    func move() {
      guard output >= 0 else { return }
      do throws(RunDirectoryError) {
        if try pump.pump() == .ended { output = -1 }
        if let limit = pump.limit, limit.isFailure { interrupt(.logLimit(limit.sentence)) }
      } catch {
        output = -1
        interrupt(.log(error))
      }
    }

    func noteKill() {
      let names = pump.masked(tree.names(limit: 4))
      guard !names.isEmpty else { return }
      try? pump.note("pushrod: KILL to what had not ended: \(names.joined(separator: ", "))")
    }

    while status == nil {
      if waiter.wait(for: output, until: killAt ?? earlier(usage?.nextLook, earlier(limits.step, limits.run))) {
        move()
      }
      for note in waiter.takeNotes() { try? pump.note(note) }
      if waiter.takeChildEnded() {
        status = tree.reap(awaiting: process, &end.usage)
        if status != nil { break }
      }
      if let killAt {
        if Instant.now >= killAt {
          if end.interruption?.hasGrace == true { noteKill() }
          end.survivors = !tree.kill(&end.usage, awaiting: process, &status)
          if status == nil { status = SIGKILL }
        }
      } else if let stop = waiter.takeStop() {
        interrupt(stop)
      } else if let limit = limits.run, Instant.now >= limit {
        interrupt(.runTime)
      } else if let limit = limits.step, Instant.now >= limit {
        interrupt(.stepTime)
      } else {
        lookAtUsage()
      }
    }

    end.status = ExitStatus(waitStatus: status ?? SIGKILL)
    end.isDetached = mayLeaveBehind && end.interruption == nil && end.status.isSuccess && !tree.isEmpty
    // What is left in the background has a moment, and is ended then.
    let settled = end.isDetached ? .now : killAt ?? .now + Supervision.settling
    while !tree.isEmpty, Instant.now < settled {
      if waiter.wait(for: output, until: min(settled, .now + .milliseconds(5))) { move() }
      _ = waiter.takeChildEnded()
      _ = tree.reap(awaiting: 0, &end.usage)
    }
    if !end.isDetached, !tree.isEmpty {
      if end.interruption?.hasGrace == true { noteKill() }
      end.leftBehind = pump.masked(tree.names(limit: 4))
      var none: Int32?
      end.survivors = !tree.kill(&end.usage, awaiting: 0, &none)
    }
    if case .log? = end.interruption {
    } else {
      do throws(RunDirectoryError) { try pump.finish() } catch { end.interruption = .log(error) }
    }
    // A step that wrote it all and was over before that was read.
    if end.interruption == nil, let limit = pump.limit, limit.isFailure { end.interruption = .logLimit(limit.sentence) }
    if end.isDetached, end.interruption != nil {
      var none: Int32?
      end.survivors = !tree.kill(&end.usage, awaiting: 0, &none)
      end.isDetached = false
    }
    if let peak = usage?.peakMemory { end.usage.peakMemory = max(end.usage.peakMemory, peak) }
    end.wall = start.duration(to: .now)
    end.note = pump.limit?.note
    return end
  }

  private func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }
}
