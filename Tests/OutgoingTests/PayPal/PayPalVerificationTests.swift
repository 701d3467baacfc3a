import Agent
import AsyncHTTPClient
import Model
import NIOHTTP1
import Outgoing
import Synchronization
import TestSupport
import Testing

/// Against a server of PayPal's protocol on this machine.
@Suite("PayPal's verify endpoint")
struct PayPalVerificationTests {
  /// Spaces, escapes, the order of keys and a repeated one: all of it counts.
  private static let event = Array(
    #"{ "event_type":"PAYMENT.SALE.COMPLETED" , "id":"WH-1","amount":1.10,"name":"\u00fc\/ü","id":"WH-1"}"#.utf8)

  private func with(
    patience: Duration = .seconds(30), _ body: (PayPalVerification, PayPalService) async throws -> Void
  ) async throws {
    try await PayPalService.with { service in
      let client = OutgoingClient.make()
      do {
        try await body(PayPalVerification(client: client, patience: patience), service)
      } catch {
        try await client.shutdown()
        throw error
      }
      try await client.shutdown()
    }
  }

  private func question(
    _ service: PayPalService, body: [UInt8] = event, signed: [UInt8] = event, secrets: [String] = ["secret"]
  ) -> RemoteQuestion {
    RemoteQuestion(
      api: service.url, clientID: "client", clientSecrets: secrets.map { Secret($0) }, webhookID: "W-1",
      headers: [
        "PAYPAL-TRANSMISSION-ID": "t-1", "PAYPAL-TRANSMISSION-TIME": "2026-11-23T10:00:00Z",
        "PAYPAL-TRANSMISSION-SIG": PayPalService.signature(of: signed), "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        "PAYPAL-CERT-URL": "https://api.paypal.com/v1/notifications/certs/CERT-1",
      ], body: body)
  }

  @Test("the event is asked about byte for byte, and one token does for many questions")
  func genuine() async throws {
    try await with { verification, service in
      for _ in 0..<3 { #expect(await verification.answer(to: question(service)) == .genuine) }
      #expect(service.tokenRequests == 1)
      #expect(service.questions.count == 3)
      #expect(service.questions.allSatisfy { $0.body.suffix(Self.event.count + 1) == Self.event + [0x7d] })
      #expect(service.questions.allSatisfy { $0.headers["Content-Type"] == ["application/json"] })
    }
  }

  @Test("another body than the signed one is a forgery")
  func forged() async throws {
    try await with { verification, service in
      var other = Self.event
      other[20] ^= 1
      guard case .forged = await verification.answer(to: question(service, body: other)) else {
        Issue.record("not forged")
        return
      }
    }
  }

  @Test("questions at the same time wait for one token")
  func together() async throws {
    try await with { verification, service in
      let answers = await withTaskGroup(of: RemoteAnswer.self) { tasks in
        for _ in 0..<10 { tasks.addTask { await verification.answer(to: question(service)) } }
        return await tasks.reduce(into: []) { $0.append($1) }
      }
      #expect(answers == Array(repeating: .genuine, count: 10))
      #expect(service.tokenRequests == 1)
    }
  }

  @Test("a token that is refused is fetched anew, once; a short-lived one each time")
  func renewal() async throws {
    try await with { verification, service in
      #expect(await verification.answer(to: question(service)) == .genuine)
      service.behaviour.withLock { $0.statuses = [.unauthorized] }
      #expect(await verification.answer(to: question(service)) == .genuine)
      #expect(service.tokenRequests == 2)
      service.behaviour.withLock { $0.statuses = [.unauthorized, .unauthorized] }
      #expect(isUnavailable(await verification.answer(to: question(service))))
      #expect(service.tokenRequests == 3)
    }
    try await with { verification, service in
      service.behaviour.withLock { $0.tokenLife = 60 }
      for _ in 0..<2 { #expect(await verification.answer(to: question(service)) == .genuine) }
      #expect(service.tokenRequests == 2)
    }
  }

  @Test("of several client secrets the one that PayPal takes counts; none is no answer, and no error shows one")
  func secrets() async throws {
    try await with { verification, service in
      #expect(await verification.answer(to: question(service, secrets: ["old-one", "secret"])) == .genuine)
      let answer = await verification.answer(to: question(service, secrets: ["old-one", " "]))
      #expect(isUnavailable(answer))
      #expect(!"\(answer)".contains("old-one"))
    }
  }

  @Test(
    "what says neither yes nor no is no answer",
    arguments: [
      #"{"verification_status": "success"}"#, #"{"verification_status": true}"#, "{}", "", "SUCCESS",
      #"["SUCCESS"]"#, #"{"verification_status": "SUCCESS "}"#,
    ])
  func strict(answer: String) async throws {
    try await with { verification, service in
      service.behaviour.withLock { $0.answer = answer }
      #expect(isUnavailable(await verification.answer(to: question(service))))
    }
  }

  @Test("a question that PayPal refuses is a forgery; every other status, and a redirect, is no answer")
  func statuses() async throws {
    try await with { verification, service in
      for status in [HTTPResponseStatus.badRequest, .unprocessableEntity] {
        service.behaviour.withLock { $0.statuses = [status] }
        guard case .forged = await verification.answer(to: question(service)) else {
          Issue.record("\(status)")
          continue
        }
      }
      for status in [HTTPResponseStatus.found, .forbidden, .notFound, .tooManyRequests, .internalServerError] {
        service.behaviour.withLock { $0.statuses = [status] }
        #expect(isUnavailable(await verification.answer(to: question(service))), "\(status)")
      }
      #expect(await verification.answer(to: question(service)) == .genuine)
    }
    try await with { verification, service in
      service.behaviour.withLock { $0.tokenStatus = .serviceUnavailable }
      #expect(isUnavailable(await verification.answer(to: question(service))))
    }
  }

  @Test("silence, and nobody there, is no answer after the time that was given")
  func silence() async throws {
    try await with(patience: .milliseconds(200)) { verification, service in
      service.behaviour.withLock { $0.isSilent = true }
      #expect(isUnavailable(await verification.answer(to: question(service))))
      var nobody = question(service)
      nobody.api = "http://127.0.0.1:1"
      #expect(isUnavailable(await verification.answer(to: nobody)))
    }
  }

  @Test("only so many questions are asked at once; the others are told to come back, and later ones count again")
  func bounded() async throws {
    try await with(patience: .seconds(2)) { verification, service in
      service.behaviour.withLock { $0.isSilent = true }
      let answers = await withTaskGroup(of: RemoteAnswer.self) { tasks in
        for _ in 0..<40 { tasks.addTask { await verification.answer(to: question(service)) } }
        return await tasks.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.allSatisfy(isUnavailable))
      #expect(answers.filter { "\($0)".contains("others already") }.count == 24)
      service.behaviour.withLock { $0.isSilent = false }
      #expect(await verification.answer(to: question(service)) == .genuine)
    }
  }

  private func isUnavailable(_ answer: RemoteAnswer) -> Bool {
    if case .unavailable = answer { true } else { false }
  }
}
