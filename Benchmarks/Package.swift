// swift-tools-version: 6.2
import PackageDescription

// What is measured without a running agent. A package of its own, with links to the agent's targets, so that the normal build
// knows nothing of it; `scripts/bench/run --only verification` builds and runs it.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "benchmarks",
  dependencies: [
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
  ],
  targets: [
    .target(name: "Model", swiftSettings: settings),
    .target(
      name: "Webhooks",
      dependencies: [
        "Model",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "verification",
      dependencies: ["Model", "Webhooks", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
