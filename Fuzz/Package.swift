// swift-tools-version: 6.2
import PackageDescription

// The fuzzers: one program, built from the agent's own files with libFuzzer's instrumentation. `scripts/fuzz` builds and runs it.
//
// The folders below Sources are links to targets of the package above, which is not a dependency: so only what reads foreign
// bytes is built and instrumented, the normal build knows nothing of it, and the fuzzers may call what is not public.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Optimised as in a release, with assertions all the same.
  .unsafeFlags(["-sanitize=fuzzer", "-enable-testing", "-assert-config", "Debug"]),
]

let package = Package(
  name: "fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
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
    .target(
      name: "Pipelines", dependencies: ["Model", .product(name: "Yams", package: "Yams")], swiftSettings: settings),
    .target(name: "Door", dependencies: ["Model"], swiftSettings: settings),
    // Of these only the files that read.
    .target(name: "Agent", dependencies: ["Model"], swiftSettings: settings),
    .target(name: "Execution", dependencies: ["Model"], swiftSettings: settings),
    .target(
      name: "Hook", dependencies: ["Agent", "Model", .product(name: "NIOHTTP1", package: "swift-nio")],
      swiftSettings: settings),
    .target(
      name: "Outgoing",
      dependencies: [
        "Agent", "Model",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .target(name: "CLibFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CLibFuzzer", "Model", "Webhooks", "Pipelines", "Execution", "Door", "Hook", "Outgoing",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: settings, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
  ],
  swiftLanguageModes: [.v6]
)
