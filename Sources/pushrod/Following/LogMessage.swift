import FoundationEssentials
import Model
import Outgoing
import RunDirectory

/// One message of a run's live log.
enum LogMessage {
  case event(RunEvent)
  case log(Piece)

  /// Bytes of a step's log.
  struct Piece: Decodable {
    var step: Int
    /// Place of the first byte in the step's log.
    var offset: Int
    var text: String?
    /// Instead of `text` where the bytes are not UTF-8.
    var base64: Data?
    /// Pairs of an offset in the log and the Unix time in milliseconds at which the bytes from there on were
    /// written. Only where they were asked for.
    var times: [[Int]]?

    var bytes: [UInt8] { text.map { Array($0.utf8) } ?? base64.map(Array.init) ?? [] }
  }

  /// What a run's directory says, without an agent in between.
  init(_ item: LogFollower.Item) {
    self =
      switch item {
      case .event(let event, _): .event(event)
      case .log(let step, let offset, let bytes, _):
        .log(Piece(step: step, offset: offset, text: nil, base64: Data(bytes), times: nil))
      }
  }

  /// - Returns: `nil` for a kind of message that a newer agent may send.
  init?(_ message: EventStream.Message) throws {
    switch message.event {
    case "event": self = .event(try JSON.decoder().decode(RunEvent.self, from: Data(message.data)))
    case "log": self = .log(try JSON.decoder().decode(Piece.self, from: Data(message.data)))
    default: return nil
    }
  }
}
