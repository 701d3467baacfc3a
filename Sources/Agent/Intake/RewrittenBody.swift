import Model

/// What can be said of a body that a relay has parsed and written anew.
enum RewrittenBody {
  /// Why a signature may be refused although the sender has signed; the end of a sentence.
  static let doubt =
    "the relay wrote the body anew, so a signature over the sender's own bytes cannot be checked; use a relay that "
    + "passes the body on as it is (gosmee), or another way in"

  /// Why the body is of no use whatever its signature says; `nil` where it may be.
  ///
  /// A form is JSON now, one member for each field. What was signed, or only said, by which reading of it would be a
  /// guess.
  static func refusal(_ headers: Headers) -> String? {
    guard let type = headers["Content-Type"]?.lowercased().prefix(while: { $0 != ";" && $0 != " " }),
      type != "application/json", !type.hasSuffix("+json")
    else { return nil }
    return "the relay took apart a body that is not JSON; choose application/json in the webhook's settings, or use a "
      + "relay that passes the body on as it is (gosmee)"
  }
}
