import Glibc

/// Writes one step's log and, beside it, when which byte was written.
///
/// Only ever appends. Belongs to one thread.
public final class LogWriter {
  private let file: OpenFile
  private let times: OpenFile
  private var lastEntry: Int64 = .min

  /// Bytes written so far.
  public private(set) var size = 0
  private var endsLine = true

  /// The log's name in the run directory.
  public let name: String

  /// Makes the two files.
  /// - Throws: `RunDirectoryError`, also where they exist.
  public init(_ directory: RunDirectory, step: Int, name: String) throws(RunDirectoryError) {
    self.name = RunDirectory.logName(step: step, name: name)
    let path = directory.path + "/" + self.name
    let permissions = try Permissions(inheritedFrom: directory.path)
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL
    file = try OpenFile(path, flags, mode: permissions.file)
    times = try OpenFile(RunDirectory.timesPath(ofLog: path), flags, mode: permissions.file)
    _ = fchmod(file.descriptor, permissions.file)
    _ = fchmod(times.descriptor, permissions.file)
  }

  /// Those of its two files, for a process that keeps nothing else open.
  public var descriptors: [Int32] { [file.descriptor, times.descriptor] }

  /// Appends the bytes, with the present time.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(RunDirectoryError) {
    guard !bytes.isEmpty else { return }
    try noteTime()
    try file.write(bytes)
    size += bytes.count
    endsLine = bytes.last == UInt8(ascii: "\n")
  }

  /// Appends a line of Pushrod's own, which begins a new one where the step has not ended its last.
  public func writeLine(_ text: String) throws(RunDirectoryError) {
    try write((endsLine ? "" : "\n") + text + "\n")
  }

  /// Appends the text, with the present time.
  public func write(_ text: String) throws(RunDirectoryError) {
    guard !text.isEmpty else { return }
    try noteTime()
    let bytes = Array(text.utf8)
    try file.write(bytes)
    size += bytes.count
    endsLine = bytes.last == UInt8(ascii: "\n")
  }

  /// Returns when everything written is on the disk.
  public func sync() throws(RunDirectoryError) {
    try file.sync(dataOnly: true)
  }

  /// At most one entry in ten milliseconds: a line's time is right to that, and a flood of output costs little.
  private func noteTime() throws(RunDirectoryError) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let milliseconds = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    guard lastEntry == .min || abs(milliseconds - lastEntry) >= 10 else { return }
    lastEntry = milliseconds
    try times.write(Array("\(size) \(milliseconds)\n".utf8))
  }
}
