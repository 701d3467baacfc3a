import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1
import RunDirectory
import TestSupport
import Testing

@testable import Web

@Suite("A run's log over HTTP")
struct LogTests {
  private static let events = ["Accept": "text/event-stream"]

  /// One message of a stream.
  private struct Message: Equatable {
    var id: String
    var event: String
    var data: String
  }

  private static func messages(_ text: String) -> [Message] {
    text.split(separator: "\n\n").compactMap { block in
      var fields: [String: String] = [:]
      for line in block.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2 { fields[String(parts[0])] = String(parts[1].dropFirst()) }
      }
      return fields["data"].map { Message(id: fields["id"] ?? "", event: fields["event"] ?? "", data: $0) }
    }
  }

  private struct Piece: Decodable {
    var step: Int
    var offset: Int
    var text: String?
    var base64: Data?
    var times: [[Int]]?
    var bytes: [UInt8] { text.map { Array($0.utf8) } ?? Array(base64 ?? Data()) }
  }

  /// The bytes of each step's log that the messages carry, put at their offsets.
  private static func logs(_ messages: [Message]) throws -> [Int: [UInt8]] {
    var logs: [Int: [UInt8]] = [:]
    for message in messages where message.event == "log" {
      let piece = try JSON.decoder().decode(Piece.self, from: Data(message.data.utf8))
      #expect(piece.offset == logs[piece.step, default: []].count, "pieces follow each other without a gap")
      logs[piece.step, default: []] += piece.bytes
    }
    return logs
  }

  private static let hostile = "a\"b\\c\td\r\n\u{1b}[31mé漢🚀\u{2028}\u{7}\u{0}end\n"

  /// A finished run of two steps, the second with bytes that are no text.
  private static func finishedRun(in root: TemporaryDirectory) throws -> (agent: FakeAgent, logs: [Int: [UInt8]]) {
    let run = try WrittenRun(1, in: root)
    try run.append(.runStarted)
    try run.startStep(0, "fetch")
    try run.write(hostile)
    try run.write("second\n")
    try run.finishStep(0)
    try run.startStep(1, "build")
    let binary: [UInt8] = [0x41, 0xff, 0xfe, 0x42, 0x0a]
    try run.write(binary)
    try run.finishStep(1)
    try run.finish()
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1, state: .succeeded))
    return (agent, [0: Array((hostile + "second\n").utf8), 1: binary])
  }

  @Test("a finished run's stream has every event and every byte, and ends")
  func wholeStream() async throws {
    let root = try TemporaryDirectory("log")
    let (agent, logs) = try Self.finishedRun(in: root)
    try await withAPIServer(agent, in: root) { api in
      let answer = try await api.get("/api/runs/1/log", Self.events)
      #expect(answer.headers.first(name: "content-type") == "text/event-stream")
      let messages = Self.messages(answer.text)
      #expect(try Self.logs(messages) == logs)
      let kinds = try messages.filter { $0.event == "event" }.map {
        try JSON.decoder().decode(RunEvent.self, from: Data($0.data.utf8)).event
      }
      #expect(kinds == [.runStarted, .stepStarted, .stepFinished, .stepStarted, .stepFinished, .runFinished])
      #expect(messages.last?.data.contains("run_finished") == true)
    }
  }

  @Test("a client that comes back at any position gets exactly the rest")
  func resuming() async throws {
    let root = try TemporaryDirectory("log")
    let (agent, _) = try Self.finishedRun(in: root)
    try await withAPIServer(agent, in: root) { api in
      let all = Self.messages(try await api.get("/api/runs/1/log", Self.events).text)
      for (index, message) in all.enumerated().dropLast() {
        var headers = Self.events
        headers["Last-Event-ID"] = message.id
        let rest = Self.messages(try await api.get("/api/runs/1/log", headers).text)
        #expect(rest == Array(all[(index + 1)...]), "after \(message.id)")
        #expect(Self.messages(try await api.get("/api/runs/1/log?from=\(message.id)", Self.events).text) == rest)
      }
      // At the very end there is nothing left but the end itself, which the client may have missed.
      let last = try #require(all.last)
      let again = Self.messages(try await api.get("/api/runs/1/log?from=\(last.id)", Self.events).text)
      #expect(again.count == 1 && again[0].data.contains("run_finished"))
    }
  }

  @Test("a position that is none is refused", arguments: ["x", "1", "1.2.3", "-1.0", "1.-2", "99999999999999999999.0"])
  func badPosition(position: String) async throws {
    let root = try TemporaryDirectory("log")
    let (agent, _) = try Self.finishedRun(in: root)
    try await withAPIServer(agent, in: root) { api in
      let parameter = try await api.get("/api/runs/1/log?from=\(position)", Self.events)
      #expect(parameter.status == 422)
      let header = try await api.get("/api/runs/1/log", Self.events.merging(["Last-Event-ID": position]) { $1 })
      #expect(header.status == 422)
    }
  }

  @Test("a follower sees lines as they are written, and a run that has not begun when it begins")
  func live() async throws {
    let root = try TemporaryDirectory("log")
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1, state: .queued))
    try await withAPIServer(agent, in: root) { api in
      let response = try await api.open(.GET, "/api/runs/1/log", Self.events)
      #expect(response.status == .ok)
      var text = ""
      var body = response.body.makeAsyncIterator()
      func read(until part: String) async throws {
        while !text.contains(part), let bytes = try await body.next() { text += String(buffer: bytes) }
        #expect(text.contains(part))
      }
      let run = try WrittenRun(1, in: root)
      try run.append(.runStarted)
      try await read(until: "run_started")
      try run.startStep(0, "fetch")
      try run.write("one\n")
      try await read(until: "one")
      try run.write("two, not yet ended")
      try await read(until: "not yet ended")
      try run.finishStep(0)
      try run.finish(.failed)
      try await read(until: "run_finished")
      while let bytes = try await body.next() { text += String(buffer: bytes) }
      #expect(try Self.logs(Self.messages(text)) == [0: Array("one\ntwo, not yet ended".utf8)])
    }
  }

  @Test(
    "a run that ends without a runner's last word ends its stream with the store's",
    arguments: [RunState.cancelled, .interrupted])
  func syntheticEnd(state: RunState) async throws {
    let root = try TemporaryDirectory("log")
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1, state: .queued))
    if state == .interrupted {
      let run = try WrittenRun(1, in: root)
      try run.append(.runStarted)
      try run.startStep(0, "fetch")
      try run.write("half a li")
    }
    try await withAPIServer(agent, in: root) { api in
      let response = try await api.open(.GET, "/api/runs/1/log", Self.events)
      var ended = Run.sample(1, state: state)
      ended.reason = "the reason"
      agent.set(ended)
      let messages = Self.messages(String(buffer: try await response.body.collect(upTo: 1 << 20)))
      let last = try JSON.decoder().decode(RunEvent.self, from: Data(try #require(messages.last).data.utf8))
      #expect(last.event == .runFinished)
      #expect(last.runState == state)
      #expect(last.reason == "the reason")
      if state == .interrupted { #expect(try Self.logs(messages) == [0: Array("half a li".utf8)]) }
    }
  }

  @Test("a stream that is not to follow ends where the log ends now")
  func noFollow() async throws {
    let root = try TemporaryDirectory("log")
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1))
    let run = try WrittenRun(1, in: root)
    try run.append(.runStarted)
    try run.startStep(0, "fetch")
    try run.write("so far")
    try await withAPIServer(agent, in: root) { api in
      let answer = try await api.get("/api/runs/1/log?follow=false", Self.events)
      #expect(try Self.logs(Self.messages(answer.text)) == [0: Array("so far".utf8)])
      #expect(!answer.text.contains("run_finished"))
      #expect(try await api.get("/api/runs/1/log?follow=maybe", Self.events).status == 422)
    }
  }

  @Test("times are those of the runner, for every piece, also after coming back")
  func times() async throws {
    let root = try TemporaryDirectory("log")
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1))
    let run = try WrittenRun(1, in: root)
    try run.append(.runStarted)
    try run.startStep(0, "fetch")
    try run.write("one\ntwo\n")
    try root.write("1/00-fetch.times", "0 1000\n4 2000\n")
    try await withAPIServer(agent, in: root) { api in
      let first = Self.messages(try await api.get("/api/runs/1/log?follow=false&times=true", Self.events).text)
      let message = try #require(first.last)
      #expect(try JSON.decoder().decode(Piece.self, from: Data(message.data.utf8)).times == [[0, 1000], [4, 2000]])
      try run.write("three\n")
      try root.write("1/00-fetch.times", "0 1000\n4 2000\n11 3000\n")
      let next = Self.messages(
        try await api.get("/api/runs/1/log?follow=false&times=true&from=\(message.id)", Self.events).text)
      #expect(
        try JSON.decoder().decode(Piece.self, from: Data(try #require(next.last).data.utf8)).times
          == [[4, 2000], [11, 3000]])
      let without = try await api.get("/api/runs/1/log?follow=false", Self.events)
      #expect(!without.text.contains("times"))
    }
  }

  @Test("followers that never read keep nobody from reading, nor the agent from stopping")
  func silentFollowers() async throws {
    let root = try TemporaryDirectory("log")
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1))
    let run = try WrittenRun(1, in: root)
    try run.append(.runStarted)
    try run.startStep(0, "flood")
    let line = String(repeating: "x", count: 1023) + "\n"
    for _ in 0..<(8 << 10) { try run.write(line) }
    try await withAPIServer(agent, in: root) { api in
      var silent: [HTTPClientResponse] = []
      for _ in 0..<7 { silent.append(try await api.open(.GET, "/api/runs/1/log", Self.events)) }
      let answer = try await api.get("/api/runs/1/log?follow=false", Self.events)
      #expect(try Self.logs(Self.messages(answer.text))[0]?.count == 8 << 20)
      withExtendedLifetime(silent) {}
    }
  }

  @Test("as plain text, the logs of all steps follow each other, whole or in part")
  func plainText() async throws {
    let root = try TemporaryDirectory("log")
    let (agent, logs) = try Self.finishedRun(in: root)
    let all = (logs[0] ?? []) + (logs[1] ?? [])
    try await withAPIServer(agent, in: root) { api in
      let whole = try await api.get("/api/runs/1/log")
      #expect(whole.status == 200)
      #expect(whole.bytes == all)
      #expect(whole.headers.first(name: "accept-ranges") == "bytes")
      #expect(whole.headers.first(name: "content-type") == "text/plain; charset=utf-8")
      #expect(whole.headers.first(name: "x-content-type-options") == "nosniff")
      #expect(whole.headers.first(name: "content-length") == "\(all.count)")
      // Every single byte, and a range over the seam of the two logs.
      for start in all.indices {
        let part = try await api.get("/api/runs/1/log", ["Range": "bytes=\(start)-\(start + 6)"])
        #expect(part.status == 206)
        #expect(part.bytes == Array(all[start..<min(start + 7, all.count)]))
        #expect(
          part.headers.first(name: "content-range") == "bytes \(start)-\(min(start + 6, all.count - 1))/\(all.count)")
      }
      let tail = try await api.get("/api/runs/1/log", ["Range": "bytes=-5"])
      #expect(tail.bytes == Array(all.suffix(5)))
      let beyond = try await api.get("/api/runs/1/log", ["Range": "bytes=\(all.count)-"])
      #expect(beyond.status == 416)
      #expect(beyond.headers.first(name: "content-range") == "bytes */\(all.count)")
      let conditional = try await api.get("/api/runs/1/log", ["Range": "bytes=0-1", "If-Range": "\"x\""])
      #expect(conditional.status == 200)
      #expect(conditional.bytes == all)
      let head = try await api.send(.HEAD, "/api/runs/1/log", [:], nil)
      #expect(head.status == 200 && head.bytes.isEmpty)
    }
  }

  @Test("one step's log can be had alone")
  func stepLog() async throws {
    let root = try TemporaryDirectory("log")
    let (agent, logs) = try Self.finishedRun(in: root)
    try await withAPIServer(agent, in: root) { api in
      for step in [0, 1] {
        let log = try await api.get("/api/runs/1/steps/\(step)/log")
        #expect(log.bytes == logs[step])
      }
      #expect(try await api.get("/api/runs/1/steps/1/log", ["Range": "bytes=1-2"]).bytes == [0xff, 0xfe])
      for step in ["2", "-1", "x", "99999999999999999999"] {
        #expect(try await api.get("/api/runs/1/steps/\(step)/log").status == 404)
      }
    }
  }

  @Test("a run whose directory could not be made is told of with its reason; one whose directory was removed is a 404")
  func noDirectory() async throws {
    let root = try TemporaryDirectory("log")
    let agent = FakeAgent(root: root.path)
    var failed = Run.sample(1, state: .failed)
    failed.startedAt = failed.queuedAt
    failed.reason = "the run directory could not be made"
    agent.set(failed)
    var removed = Run.sample(2, state: .failed)
    removed.startedAt = removed.queuedAt
    removed.reason = "step test failed"
    removed.took = 3
    agent.set(removed)
    try await withAPIServer(agent, in: root) { api in
      for isInTheWay in [false, true] {
        if isInTheWay { try root.write("1", "a file") }
        let stream = Self.messages(try await api.get("/api/runs/1/log", Self.events).text)
        let message = try #require(stream.first)
        let end = try JSON.decoder().decode(RunEvent.self, from: Data(message.data.utf8))
        #expect(stream.count == 1 && end.event == .runFinished && end.reason == failed.reason)
      }
      let text = try await api.get("/api/runs/1/log")
      #expect(text.status == 404 && text.text.contains("Run 1 has no log: the run directory could not be made"))
      for headers in [[:], Self.events] {
        let gone = try await api.get("/api/runs/2/log", headers)
        #expect(gone.status == 404 && gone.text.contains("The log of run 2 is not there any more."))
      }
    }
  }

  @Test("a log that a step put a link or a pipe in place of gives nothing away and holds nothing up")
  func replacedLog() async throws {
    let root = try TemporaryDirectory("log")
    let secret = try root.write("secret", "canary-of-the-agent")
    let run = try WrittenRun(1, in: root)
    try run.append(.runStarted)
    try run.startStep(0, "fetch")
    try run.finishStep(0)
    try run.startStep(1, "build")
    try run.finishStep(1)
    try run.finish()
    try runChecked(["ln", "-sf", secret, root.file("1/00-fetch.log")])
    try runChecked(["sh", "-c", "rm '\(root.file("1/01-build.log"))' && mkfifo '\(root.file("1/01-build.log"))'"])
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1, state: .succeeded))
    try await withAPIServer(agent, in: root) { api in
      let whole = try await api.get("/api/runs/1/log")
      #expect(whole.status == 200 && whole.bytes.isEmpty)
      #expect(try await api.get("/api/runs/1/steps/0/log").bytes.isEmpty)
    }
  }
}
