import CLinux
import Glibc
import RunDirectory

/// Watches one step's process to its end: moves its output, keeps its time limits, ends its whole tree.
///
/// A step ends when its own process does, not when its pipe does: something left in the background may hold
/// that open for ever.
struct Supervision {
  let process: pid_t
  let pump: LogPump
  let tree: ProcessTree
  let control: ControlServer
  let limits: Limits

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
    case stepTime
    case runTime
    /// The log could not be written.
    case log(RunDirectoryError)
    /// More was written than its log may hold.
    case logLimit(String)
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

    func interrupt(_ interruption: Interruption) {
      guard end.interruption == nil else { return }
      end.interruption = interruption
      onInterruption(interruption)
      tree.terminate()
      killAt = .now + limits.grace
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

    while status == nil {
      if control.wait(for: output, until: killAt ?? earlier(limits.step, limits.run)) { move() }
      if control.takeChildEnded() {
        status = tree.reap(awaiting: process, &end.usage)
        if status != nil { break }
      }
      if let killAt {
        if Instant.now >= killAt {
          end.survivors = !tree.kill(&end.usage, awaiting: process, &status)
          if status == nil { status = SIGKILL }
        }
      } else if let request = control.takeRequest() {
        interrupt(.stopped(request))
      } else if let limit = limits.run, Instant.now >= limit {
        interrupt(.runTime)
      } else if let limit = limits.step, Instant.now >= limit {
        interrupt(.stepTime)
      }
    }

    let settled = killAt ?? .now + Supervision.settling
    while !tree.isEmpty, Instant.now < settled {
      if control.wait(for: output, until: min(settled, .now + .milliseconds(5))) { move() }
      _ = control.takeChildEnded()
      _ = tree.reap(awaiting: 0, &end.usage)
    }
    if !tree.isEmpty {
      end.leftBehind = tree.names(limit: 4)
      var none: Int32?
      end.survivors = !tree.kill(&end.usage, awaiting: 0, &none)
    }
    if case .log? = end.interruption {
    } else {
      do throws(RunDirectoryError) { try pump.finish() } catch { end.interruption = .log(error) }
    }
    // A step that wrote it all and was over before that was read.
    if end.interruption == nil, let limit = pump.limit, limit.isFailure { end.interruption = .logLimit(limit.sentence) }
    end.status = ExitStatus(waitStatus: status ?? SIGKILL)
    end.wall = start.duration(to: .now)
    end.note = pump.limit?.note
    return end
  }

  private func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }
}
