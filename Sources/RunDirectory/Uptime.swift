import Glibc
public import Model

/// The machine's own clock: how long it has been up, suspended or not (CLOCK_BOOTTIME in clock_gettime(2)). Setting the
/// time does not touch it, and it is the same for agent and runner.
public enum Uptime {
  public static var now: Seconds {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Seconds(Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
  }
}
