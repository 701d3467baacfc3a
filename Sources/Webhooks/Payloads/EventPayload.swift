/// What many services put at the top of an event.
struct EventPayload: Decodable {
  var id: String?
  var type: String?
}
