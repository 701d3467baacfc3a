import Foundation

/// Known answers and real payloads that lie beside the checkout, in `../shared`, and are read in place.
public enum SharedMaterial {
  /// The folder `name`, or `nil` where this machine has none; the reason is printed, once for each call.
  public static func folder(_ name: String) -> String? {
    // Tests/TestSupport/SharedMaterial.swift → the checkout; a package may reach this file through a symbolic link.
    var checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    for _ in 0..<3 { checkout.deleteLastPathComponent() }
    let folder = checkout.deletingLastPathComponent().appendingPathComponent("shared/\(name)").path
    guard FileManager.default.fileExists(atPath: folder) else {
      print("skipped: there is no folder shared/\(name) beside the checkout")
      return nil
    }
    return folder
  }
}
