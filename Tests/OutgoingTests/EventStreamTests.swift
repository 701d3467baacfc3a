import NIOCore
import Outgoing
import Testing

@Suite("Reading an event stream")
struct EventStreamTests {
  @Test("messages are read as the HTML standard says, wherever the bytes are cut, with every end of line")
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
      EventStream.Message(id: "10.5", event: "message", data: []),
    ]
    for end in ["\n", "\r\n", "\r"] {
      let bytes = Array(text.replacing("\n", with: end).utf8)
      for cut in bytes.indices {
        var stream = EventStream()
        let messages = stream.read(ByteBuffer(bytes: bytes[..<cut])) + stream.read(ByteBuffer(bytes: bytes[cut...]))
        #expect(messages == expected)
        #expect(stream.retry == .milliseconds(5))
        #expect(stream.isInsideEvent)
      }
    }
  }

  @Test("a byte order mark may stand at the very beginning, and only there")
  func byteOrderMark() {
    var stream = EventStream()
    let messages = stream.read(ByteBuffer(string: "\u{feff}data: a\n\n\u{feff}data: b\n\n"))
    #expect(messages == [EventStream.Message(id: nil, data: Array("a".utf8))])
  }

  @Test("ids with a NUL and times that are no number are not taken")
  func rubbish() {
    var stream = EventStream()
    let messages = stream.read(
      ByteBuffer(string: "id: 1\ndata: a\n\nid: 2\u{0}\nretry: 5s\nretry:\nretry: -1\ndata: b\n\n"))
    #expect(messages.map(\.id) == ["1", "1"])
    #expect(stream.retry == nil)
  }

  @Test("an event over the limit is passed over up to its end, and the stream goes on behind it")
  func tooLarge() {
    for line in [String(repeating: "a", count: 2000), String(repeating: "aaaaaaaa\ndata: ", count: 200)] {
      for size in [1, 7, 512, 5000] {
        var stream = EventStream(limit: 1000)
        let bytes = Array("id: 7\ndata: \(line)\ndata: more\nid: 8\n\nid: 9\ndata: small\n\n".utf8)
        var messages: [EventStream.Message] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
          messages += stream.read(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(
          messages == [
            EventStream.Message(id: "7", isTooLarge: true), EventStream.Message(id: "9", data: Array("small".utf8)),
          ])
        #expect(!stream.isInsideEvent)
      }
    }
  }
}
