/// Why a signature is refused, thrown from where it is found out.
struct Refusal: Error {
  let check: SignatureCheck

  static func invalid(_ reason: String) -> Refusal { Refusal(check: .invalid(reason: reason)) }
  static func ambiguous(_ reason: String) -> Refusal { Refusal(check: .ambiguous(reason: reason)) }
}

extension SignatureCheck {
  /// The answer of `body`, or the refusal that it threw.
  init(_ body: () throws(Refusal) -> SignatureCheck) {
    do {
      self = try body()
    } catch {
      self = error.check
    }
  }
}
