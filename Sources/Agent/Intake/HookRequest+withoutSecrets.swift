import FoundationEssentials
import Model
import Webhooks

extension HookRequest {
  /// The request as it is kept, once it was proved or refused: without its token, and without the header fields in
  /// which some senders send a secret along, or in which proxies repeat the address with the token.
  ///
  /// What is looked for is what the request itself holds, not the configured secrets: the time that a search takes
  /// would tell about those.
  func withoutSecrets(_ source: Source) -> HookRequest {
    let names = ["authorization", "proxy-authorization", "cookie"] + source.sender.secretHeaders(source.options)
    let hidden = Set(names.map { $0.lowercased() })
    var kept = self
    kept.token = nil
    kept.headers = Headers(
      headers.fields.map { field in
        let hides = hidden.contains(field.name) || token.map { field.value.contains($0) } ?? false
        return hides ? Headers.Field(name: field.name, value: "•••") : field
      })
    return kept
  }
}
