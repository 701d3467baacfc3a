import CGit2

/// A commit, read and inspected, with its submodules: all that has to be known before a file is written.
struct CheckoutPlan {
  let mirror: Mirror
  let commit: ObjectID
  let listing: TreeListing
  /// Where it goes: empty, or a submodule's path from the top of the workspace with a slash behind it.
  let prefix: [UInt8]
  /// Of all `.gitattributes` files: with the same ones, the same objects give the same files.
  let attributes: AttributesFingerprint
  /// What goes into the configuration of its `.git`.
  let config: String
  let rule: CheckoutRule
  let tree: ObjectID
  /// What the last checkout remembers.
  let memory: CheckoutMemory?
  /// By their paths within this commit.
  var submodules: [[UInt8]: CheckoutPlan] = [:]

  /// Of the commit itself; submodules are whole.
  var sparse: SparseFolders? { prefix.isEmpty ? rule.sparse : nil }

  /// `prefix` as text, for opening; submodules' paths are UTF-8 or refused.
  var prefixText: String { String(decoding: prefix, as: UTF8.self) }

  /// What must be the same for a file that looks as it did to be as it was.
  var circumstances: String { "\(attributes.text) \(BootID.current)\(rule.mark)" }

  /// Of this commit and all below it.
  var allSubmodules: Int { submodules.values.reduce(submodules.count) { $0 + $1.allSubmodules } }
}
