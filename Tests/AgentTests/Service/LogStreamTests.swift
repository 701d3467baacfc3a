import Foundation
import Synchronization
import Testing

@testable import Agent

/// Where log lines go, when whoever reads them does not.
@Suite struct LogStreamTests {
  private static func line(_ number: Int) -> [UInt8] {
    Array(("line \(number) " + String(repeating: "x", count: 1000)).utf8.prefix(999)) + [0x0a]
  }

  @Test(
    "a reader that has stopped holds nobody up; it gets all that there was room for, whole and in order, and how many are lost"
  )
  func stalled() throws {
    let pipe = Pipe()
    let stream = LogStream(pipe.fileHandleForWriting.fileDescriptor)
    // Twice what waits at most, beside what the pipe takes itself.
    let count = 2 * LogStream.most / 1000
    for number in 0..<count { stream.write(Self.line(number)) }
    #expect(stream.takeLost() == 0, "there is no room yet to say so")
    let reading = pipe.fileHandleForReading
    let readAll = DispatchSemaphore(value: 0)
    let received = Mutex(Data())
    Thread.detachNewThread {
      while true {
        let bytes = reading.availableData
        if bytes.isEmpty { break }
        received.withLock { $0 += bytes }
      }
      readAll.signal()
    }
    stream.flush(patience: .seconds(60))
    let lost = stream.takeLost()
    try pipe.fileHandleForWriting.close()
    readAll.wait()
    let lines = received.withLock { Array($0) }.split(separator: 0x0a).map { Array($0) + [0x0a] }
    #expect(lost > 0 && lines.count + lost == count)
    #expect(lines == (0..<lines.count).map(Self.line))
  }

  @Test("a file takes each line at once")
  func file() throws {
    let path = NSTemporaryDirectory() + "/log-\(UUID().uuidString)"
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer {
      close(file)
      unlink(path)
    }
    let stream = LogStream(file)
    for number in 0..<3 {
      stream.write(Self.line(number))
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 1000 * (number + 1))
    }
  }
}
