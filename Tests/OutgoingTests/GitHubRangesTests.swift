import AsyncHTTPClient
import Door
import Foundation
import Logging
import Model
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Outgoing

@Suite("GitHub's addresses")
struct GitHubRangesTests {
  private let folder: TemporaryDirectory
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  init() throws { folder = try TemporaryDirectory("github-ranges") }

  /// python's file server gives out the file `meta`.
  private func server() throws -> (process: ServerProcess, api: String) {
    let port = try Loopback.freePort()
    let process = try ServerProcess(
      ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder.path, "\(port)"],
      output: folder.file("server.log"))
    try process.waitUntilListening(on: port)
    return (process, "http://127.0.0.1:\(port)")
  }

  private func serve(
    _ ranges: PublishedRanges, api: String, isWanted: Bool = true, until done: () throws -> Bool
  ) async throws {
    let client = OutgoingClient.make()
    let service = GitHubRanges(
      client: client, ranges: ranges, file: GitHubRangesFile(folder: folder.path), api: api, isWanted: { isWanted },
      pause: .milliseconds(20), logger: logger)
    let task = Task { try await service.run() }
    let end = ContinuousClock.now + .seconds(60)
    var isDone = false
    while !isDone, ContinuousClock.now < end {
      isDone = try done()
      try await Task.sleep(for: .milliseconds(10))
    }
    task.cancel()
    try await task.value
    try await client.shutdown()
    guard isDone else { throw CommandFailure("it did not happen") }
  }

  @Test("they are fetched, kept on disk, and there at once for the next agent, whether GitHub answers or not")
  func fetched() async throws {
    try folder.write(
      "meta", #"{"verifiable_password_authentication":false,"hooks":["192.30.252.0/22","2a0a:a440::/29"]}"#)
    let (process, api) = try server()
    let file = GitHubRangesFile(folder: folder.path)
    let ranges = PublishedRanges()
    try await serve(ranges, api: api) { file.read() != nil }
    #expect(ranges.current?.map(\.description) == ["192.30.252.0/22", "2a0a:a440::/29"])
    process.stop()
    let next = PublishedRanges()
    try await serve(next, api: api) { next.current != nil }
    #expect(next.current == ranges.current)
  }

  @Test("an answer that makes no sense changes nothing: the last good list counts")
  func broken() async throws {
    try folder.write("meta", #"{"hooks":["0.0.0.0/0"]}"#)
    let (process, api) = try server()
    defer { process.stop() }
    let file = GitHubRangesFile(folder: folder.path)
    let old = GitHubRangesFile.Contents(
      fetchedAt: Date(timeIntervalSince1970: 0), ranges: [try #require(AddressRange("192.30.252.0/22"))])
    try file.write(old)
    let ranges = PublishedRanges()
    try await serve(ranges, api: api) { process.log.contains("GET /meta") }
    #expect(ranges.current == old.ranges)
    #expect(file.read() == old)
  }

  @Test("where GitHub wants to be left alone, it is")
  func patience() async throws {
    let times = Mutex<[ContinuousClock.Instant]>([])
    let server = try ScriptedServer { connection in
      _ = try connection.readHead()
      let count = times.withLock { times in
        times.append(.now)
        return times.count
      }
      let body = #"{"hooks":["192.30.252.0/22"]}"#
      let head = count == 1 ? "403 Forbidden\r\nRetry-After: 2" : "200 OK"
      try connection.write("HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
    }
    let ranges = PublishedRanges()
    let client = OutgoingClient.make()
    let service = GitHubRanges(
      client: client, ranges: ranges, file: GitHubRangesFile(folder: folder.path),
      api: "http://127.0.0.1:\(server.port)", isWanted: { true }, pause: .milliseconds(10), retries: 0.01...0.02,
      logger: logger)
    let task = Task { try await service.run() }
    let end = ContinuousClock.now + .seconds(30)
    while ranges.current == nil, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    try await task.value
    try await client.shutdown()
    let asked = times.withLock { $0 }
    #expect(asked.count == 2)
    #expect(asked.first?.duration(to: asked.last ?? .now) ?? .zero > .seconds(1.9))
  }

  @Test("nobody is asked while no source wants to know, or while the list is young")
  func notWanted() async throws {
    let (process, api) = try server()
    defer { process.stop() }
    let looks = Mutex(0)
    try await serve(PublishedRanges(), api: api, isWanted: false) {
      looks.withLock {
        $0 += 1; return $0 > 20
      }
    }
    let young = GitHubRangesFile.Contents(
      fetchedAt: Date(), ranges: [try #require(AddressRange("192.30.252.0/22"))])
    try GitHubRangesFile(folder: folder.path).write(young)
    try await serve(PublishedRanges(), api: api) {
      looks.withLock {
        $0 += 1; return $0 > 40
      }
    }
    #expect(!process.log.contains("GET /meta"))
  }

  @Test(
    "what is no list of ranges is refused whole",
    arguments: [
      "", "[]", "{}", #"{"hooks":[]}"#, #"{"hooks":"192.30.252.0/22"}"#, #"{"hooks":["192.30.252.0/22","rubbish"]}"#,
      #"{"hooks":["192.30.252.1/22"]}"#, #"{"hooks":["0.0.0.0/0"]}"#, #"{"hooks":["::/0"]}"#, #"{"hooks":[7]}"#,
    ])
  func refused(body: String) {
    #expect(throws: GitHubMeta.Unusable.self) { try GitHubMeta.hooks(Array(body.utf8)) }
  }

  @Test("a file that was tampered with or cut off is no list")
  func brokenFile() throws {
    let file = GitHubRangesFile(folder: folder.path)
    #expect(file.read() == nil)
    for text in ["", "{", #"{"fetched_at":1,"hooks":["0.0.0.0/0"]}"#] {
      try text.write(toFile: file.path, atomically: false, encoding: .utf8)
      #expect(file.read() == nil)
    }
  }
}
