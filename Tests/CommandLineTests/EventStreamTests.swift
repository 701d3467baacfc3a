import Testing

@testable import pushrod

@Suite("Reading an event stream")
struct EventStreamTests {
  @Test("messages are read as the HTML standard says, wherever the bytes are cut")
  func reading() throws {
    let text = """
      : a comment
      id: 10.0
      event: event
      data: {"a":1}

      event: nothing without data

      id:10.5
      event:log
      data: one
      data:  two
      retry: 5
      unknown

      data

      data: unfinished
      """
    let expected = [
      EventStream.Message(id: "10.0", event: "event", data: Array(#"{"a":1}"#.utf8)),
      EventStream.Message(id: "10.5", event: "log", data: Array("one\n two".utf8)),
      EventStream.Message(id: nil, event: "message", data: []),
    ]
    for bytes in [Array(text.utf8), Array(text.replacing("\n", with: "\r\n").utf8)] {
      for cut in bytes.indices {
        var stream = EventStream()
        #expect(try stream.read(bytes[..<cut]) + stream.read(bytes[cut...]) == expected)
      }
    }
  }

  @Test("a line without end is given up")
  func endless() {
    var stream = EventStream()
    #expect(throws: EventStream.TooLong.self) {
      for _ in 0..<32 { _ = try stream.read([UInt8](repeating: 0x61, count: 1 << 20)) }
    }
  }
}
