/// What was handed over is nothing that could be verified.
struct UnusableDelivery: Error, Equatable {
  /// The end of a sentence for the operator: "a delivery could not be read: …".
  let reason: String
}
