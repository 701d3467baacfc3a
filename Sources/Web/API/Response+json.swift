import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore

extension Response {
  /// An answer in the one JSON dialect (`Model.JSON`).
  init(status: HTTPResponse.Status = .ok, json value: some Encodable) throws {
    var bytes = ByteBuffer(bytes: try JSON.encoder().encode(value))
    bytes.writeInteger(UInt8(ascii: "\n"))
    self.init(
      status: status,
      headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: bytes))
  }
}
