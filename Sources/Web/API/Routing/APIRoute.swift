import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// One thing that can be asked for: a method, a path, who may ask, and what is done. A route that does not say who may
/// ask cannot be written.
struct APIRoute: Sendable {
  enum Access: Sendable, Equatable {
    /// Anybody; nothing but that the process answers, and whether it is ready, may be learnt from it. Who is known is
    /// told to the route all the same.
    case open
    /// Who has this scope. Whoever opens the Unix socket has all of them.
    case scope(Scope)
  }

  typealias Handler = @Sendable (Request, APICall) async throws -> Response

  let method: HTTPRequest.Method
  let path: PathPattern
  let access: Access
  /// After so many seconds there is an answer, whatever has become of the work; `nil` for what may take longer.
  var patience: Int? = 8
  /// Bytes that a request's body may have; `nil` where the route reads none.
  var largestBody: Int?
  let handle: Handler

  static func get(_ path: String, _ access: Access, _ handle: @escaping Handler) -> APIRoute {
    APIRoute(method: .get, path: PathPattern(path), access: access, handle: handle)
  }

  static func post(_ path: String, _ access: Access, _ handle: @escaping Handler) -> APIRoute {
    APIRoute(method: .post, path: PathPattern(path), access: access, handle: handle)
  }

  /// For a route that is told something in the request's body, which is in `APICall.body` then.
  static func post(
    _ path: String, _ access: Access, body largest: Int, _ handle: @escaping Handler
  ) -> APIRoute {
    APIRoute(method: .post, path: PathPattern(path), access: access, largestBody: largest, handle: handle)
  }

  /// For work that may take longer than people like to wait, and says so.
  var takingItsTime: APIRoute {
    var route = self
    route.patience = nil
    return route
  }

  /// The route's answer, or a failure where that takes longer than `patience`: on a disk that hangs nothing comes back.
  func answer(_ request: Request, _ call: APICall) async throws -> Response {
    var call = call
    // Before the clock starts, and by the connection's own task: a body that stalls is the connection's to end, and nobody
    // may still be reading when the connection goes on to the next request.
    if let largestBody { call.body = try await body(of: request, upTo: largestBody) }
    guard let patience else { return try await handle(request, call) }
    return try await handled(request, call, within: patience)
  }

  /// - Throws: `APIFailure`: what is wrong with a body is the sender's fault, or the connection's.
  private func body(of request: Request, upTo largest: Int) async throws -> ByteBuffer {
    if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > largest {
      throw APIFailure.tooLarge(largest)
    }
    do {
      return try await request.body.collect(upTo: largest)
    } catch is any HTTPResponseError {
      throw APIFailure.tooLarge(largest)
    } catch {
      throw APIFailure.brokenBody
    }
  }

  private func handled(_ request: Request, _ call: APICall, within patience: Int) async throws -> Response {
    let (answers, coming) = AsyncStream<Result<Response, any Error>>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let work = Task {
      do { coming.yield(.success(try await handle(request, call))) } catch { coming.yield(.failure(error)) }
    }
    let clock = Task {
      // Second by second: a process that did not get to run has no answer late, and nothing hangs.
      for _ in 0..<patience { try await Task.sleep(for: .seconds(1)) }
      coming.yield(.failure(APIFailure.late(after: patience)))
    }
    defer {
      clock.cancel()
      // Nobody waits for what was only to be read. What was to be done goes on.
      if method == .get { work.cancel() }
    }
    for await answer in answers { return try answer.get() }
    throw CancellationError()
  }

  static func delete(_ path: String, _ access: Access, _ handle: @escaping Handler) -> APIRoute {
    APIRoute(method: .delete, path: PathPattern(path), access: access, handle: handle)
  }
}
