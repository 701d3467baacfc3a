// swift-tools-version: 6.2
import PackageDescription

// The targets follow docs/architecture.md: every arrow there is a dependency here, and no other.
// `scripts/check` fails on an import that is not declared.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // For people who change Pushrod; a newer compiler's new warnings must not stop those who only build it.
  .treatAllWarnings(as: .error, .when(configuration: .debug)),
  .treatWarning("DeprecatedDeclaration", as: .warning, .when(configuration: .debug)),
]

/// For `scripts/torture/run --prove` alone, which must find out a store that does not do its work: one that does not wait
/// for the disk, and one that accepts an id twice. Nothing is defined in any other build.
let proof: [SwiftSetting] =
  switch Context.environment["PUSHROD_PROOF"] {
  case "without-fsync": [.define("PROOF_WITHOUT_FSYNC")]
  case "without-deduplication": [.define("PROOF_WITHOUT_DEDUPLICATION")]
  default: []
  }

let package = Package(
  name: "pushrod",
  products: [
    .executable(name: "pushrod", targets: ["pushrod"]),
    .executable(name: "pushrod-runner", targets: ["pushrod-runner"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
  ],
  targets: [
    // System libraries and the few C calls
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .target(name: "CLinux"),

    // Nouns and pure functions
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
      name: "Pipelines",
      dependencies: ["Model", .product(name: "Yams", package: "Yams")],
      swiftSettings: settings),
    .target(
      name: "AgentConfiguration", dependencies: ["Model", "Pipelines", "Webhooks", "Door"], swiftSettings: settings),
    .target(name: "Door", dependencies: ["Model"], swiftSettings: settings),

    // The runner's side
    .target(name: "Git", dependencies: ["CGit2"], swiftSettings: settings),
    .target(name: "RunDirectory", dependencies: ["Model"], swiftSettings: settings),
    .target(
      name: "Execution",
      dependencies: ["Model", "Git", "RunDirectory", "CLinux"],
      swiftSettings: settings),
    .executableTarget(
      name: "pushrod-runner", dependencies: ["Execution", "Model"], swiftSettings: settings),

    // The agent's side
    .target(
      name: "Store",
      dependencies: [
        "Model",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Metrics", package: "swift-metrics"),
      ],
      swiftSettings: settings + proof),
    .target(
      name: "Agent",
      dependencies: [
        "Model", "Webhooks", "Pipelines", "Door", "RunDirectory", "CLinux",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),
    .target(
      name: "Web",
      dependencies: [
        "Model", "Door", "Agent", "RunDirectory",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),
    .target(
      name: "Outgoing",
      dependencies: [
        "Model", "Door", "Agent",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "pushrod",
      dependencies: [
        "Model", "Webhooks", "Pipelines", "AgentConfiguration", "Door", "RunDirectory", "Store", "Agent", "Web",
        "Outgoing",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),

    // Tests
    .target(name: "TestSupport", dependencies: ["Model"], path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(name: "ModelTests", dependencies: ["Model"], swiftSettings: settings),
    .testTarget(
      name: "WebhooksTests", dependencies: ["Webhooks", "Model", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "PipelinesTests", dependencies: ["Pipelines", "Model", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "AgentConfigurationTests",
      dependencies: ["AgentConfiguration", "Model", "Webhooks", "Door", "TestSupport"],
      swiftSettings: settings),
    .testTarget(name: "DoorTests", dependencies: ["Door", "Model", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "GitTests", dependencies: ["Git", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "RunDirectoryTests", dependencies: ["RunDirectory", "Model", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "ExecutionTests", dependencies: ["Execution", "RunDirectory", "Model", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "StoreTests",
      dependencies: ["Store", "Model", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: settings),
    .testTarget(
      name: "AgentTests",
      dependencies: ["Agent", "Store", "Webhooks", "Pipelines", "Door", "RunDirectory", "Model", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "WebTests",
      dependencies: [
        "Web", "Door", "Agent", "RunDirectory", "Model", "TestSupport",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "OutgoingTests",
      dependencies: [
        "Outgoing", "Door", "Agent", "Model", "TestSupport",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "CommandLineTests", dependencies: ["pushrod", "Model", "TestSupport"], swiftSettings: settings),
    // The real executables, and how to handle them.
    .target(
      name: "EndToEndSupport", dependencies: ["Model", "TestSupport"], path: "Tests/EndToEndSupport",
      swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["pushrod", "pushrod-runner", "CLinux", "Model", "EndToEndSupport", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "FaultTests",
      dependencies: [
        "pushrod", "pushrod-runner", "Model", "Store", "EndToEndSupport", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
