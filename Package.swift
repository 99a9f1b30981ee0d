// swift-tools-version: 6.2
// The manifest: one target a folder, dependencies pointing one way (see ARCHITECTURE.md).

import PackageDescription

/// The settings of every Swift target.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Returns a library target at `path` with the house settings; strict memory safety is on unless
/// the target handles pointers of C or of kernels.
///
/// The files to embed become arrays in its code.
func library(
  _ name: String, path: String, _ dependencies: [Target.Dependency] = [],
  handlesPointers: Bool = false, embedding files: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: path,
    resources: files.map { .embedInCode($0) },
    swiftSettings: handlesPointers ? strict : strict + [.strictMemorySafety()])
}

/// Returns a test target that mirrors the folder it tests.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)",
    exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "spikec",
  products: [
    .executable(name: "spikec", targets: ["spikec"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Foundations: know nothing of networks.
    library("Diagnostics", path: "Sources/Diagnostics"),
    library("JSONReading", path: "Sources/JSONReading"),
    library(
      "FileReading", path: "Sources/FileReading", ["Diagnostics"], handlesPointers: true),
    .target(name: "CKernels", path: "Sources/CKernels"),
    library("Kernels", path: "Sources/Kernels", ["CKernels"], handlesPointers: true),
    .systemLibrary(
      name: "CHDF5", path: "Frontends/CHDF5", pkgConfig: "hdf5-serial",
      providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(
      name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CHDF5Child", dependencies: ["CHDF5"], path: "Sources/CHDF5Child"),
    library(
      "HDF5", path: "Sources/HDF5", ["CHDF5", "CHDF5Child", "FileReading", "Diagnostics"],
      handlesPointers: true),
    library(
      "Archive", path: "Sources/Archive", ["CZlib", "FileReading", "Diagnostics"],
      handlesPointers: true),
    library(
      "DataIO", path: "Sources/DataIO",
      ["Archive", "HDF5", "FileReading", "SpikeIR", "Diagnostics"],
      handlesPointers: true),

    // The intermediate representation, its text, its meaning, its transformations.
    library("SpikeIR", path: "IR/Core", ["Diagnostics"]),
    library("SpikeText", path: "IR/Text", ["SpikeIR", "Diagnostics"]),
    library("SpikeInterpreter", path: "IR/Interpreter", ["SpikeIR", "Kernels", "Diagnostics"]),
    library(
      "SpikeTraining", path: "IR/Training",
      ["SpikeIR", "SpikeInterpreter", "Kernels", "Diagnostics"], handlesPointers: true),
    library(
      "SpikeStore", path: "IR/Store", ["SpikeIR", "SpikeText", "HDF5", "Diagnostics"]),
    library("PluginAPI", path: "Sources/PluginAPI", ["SpikeIR", "Diagnostics"]),
    library(
      "SpikePasses", path: "IR/Passes",
      ["SpikeIR", "SpikeInterpreter", "PluginAPI", "Kernels", "Diagnostics"]),

    // Frontends and backends: know the representation, not each other.
    library(
      "KerasFrontend", path: "Frontends/Keras",
      [
        "SpikeIR", "PluginAPI", "Archive", "HDF5", "FileReading", "JSONReading", "Diagnostics",
      ]),
    .systemLibrary(
      name: "CProtobufC", path: "Frontends/CProtobufC", pkgConfig: "libprotobuf-c",
      providers: [.apt(["libprotobuf-c-dev"])]),
    .target(
      name: "COnnxProto", dependencies: ["CProtobufC"], path: "Frontends/COnnxProto",
      exclude: ["onnx.proto"]),
    library(
      "ONNXFrontend", path: "Frontends/ONNX",
      [
        "COnnxProto", "CProtobufC", "Kernels", "SpikeIR", "SpikeInterpreter", "PluginAPI",
        "FileReading", "Diagnostics",
      ],
      handlesPointers: true),
    library(
      "SpikeExecution", path: "Backends/Execution", ["SpikeIR", "Kernels", "Diagnostics"]),
    library(
      "EventCPU", path: "Backends/EventCPU",
      [
        "SpikeExecution", "SpikeIR", "SpikeText", "SpikeStore", "PluginAPI", "Kernels", "HDF5",
        "Diagnostics",
      ]),

    // Machines: what they offer, and networks laid out on them.
    library(
      "HardwareTargets", path: "Targets", ["JSONReading", "Diagnostics"],
      embedding: [
        "akida1000", "allocation-schema", "brainscales2", "generic-crossbar", "generic-mesh",
        "isaac", "loihi1", "loihi1-nahuku", "loihi2", "rpu", "rpu-pcm", "schema", "speck2",
        "spinnaker1", "spinnaker2", "truenorth", "xylo",
      ].map { "\($0).json" }),
    library("Tables", path: "Sources/Tables", ["Diagnostics"]),
    library(
      "NeuroCore", path: "Backends/NeuroCore",
      ["SpikeExecution", "HardwareTargets", "SpikeIR", "Kernels", "Tables", "Diagnostics"]),
    library(
      "Crossbar", path: "Backends/Crossbar",
      [
        "SpikeExecution", "HardwareTargets", "SpikeTraining", "SpikeInterpreter", "SpikeIR",
        "Kernels", "Tables", "Diagnostics",
      ]),

    // Pages with tables and drawings; knows nothing of networks.
    library("Report", path: "Sources/Report"),

    // The driver knows everybody; the command is a thin shell around it.
    library(
      "Driver", path: "Sources/Driver",
      [
        "SpikeIR", "SpikeText", "SpikeStore", "SpikeInterpreter", "SpikePasses", "SpikeTraining",
        "PluginAPI", "KerasFrontend", "ONNXFrontend",
        "SpikeExecution", "EventCPU", "HardwareTargets", "NeuroCore", "Crossbar", "Archive",
        "DataIO", "HDF5", "FileReading", "JSONReading", "Kernels", "Report", "Tables",
        "Diagnostics",
      ]),
    .executableTarget(
      name: "spikec",
      dependencies: [
        "Driver", "SpikeTraining", "Kernels", "PluginAPI", "Diagnostics",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/spikec", swiftSettings: strict),

    // Tests mirror the targets.
    .target(
      name: "TestSupport", dependencies: ["SpikeIR", "Diagnostics"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .target(
      name: "FuzzSupport", dependencies: ["CZlib", "TestSupport"], path: "Tests/FuzzSupport",
      swiftSettings: strict),
    tests(
      "SpikePassesTests",
      ["SpikePasses", "SpikeInterpreter", "PluginAPI", "SpikeIR", "Diagnostics"]),
    tests("DiagnosticsTests", ["Diagnostics"]),
    tests("JSONReadingTests", ["JSONReading"]),
    tests("FileReadingTests", ["FileReading", "Diagnostics"]),
    tests("ArchiveTests", ["Archive", "FileReading", "Diagnostics"]),
    tests("DataIOTests", ["DataIO", "CZlib", "HDF5", "SpikeIR", "Diagnostics"]),
    tests(
      "DriverTests",
      [
        "Driver", "HardwareTargets", "SpikePasses", "PluginAPI", "SpikeText", "SpikeIR", "DataIO",
        "Diagnostics",
      ]),
    tests("ReportTests", ["Report"]),
    tests("HardwareTargetsTests", ["HardwareTargets", "JSONReading", "Diagnostics"]),
    tests("CommandTests", ["JSONReading", "spikec"]),
    tests("SpikeIRTests", ["SpikeIR", "Diagnostics"]),
    tests("SpikeTextTests", ["SpikeText", "SpikeIR", "Diagnostics"]),
    tests(
      "FileTests", ["SpikePasses", "PluginAPI", "SpikeText", "SpikeIR", "Diagnostics"],
      exclude: ["Cases"]),
    tests("HDF5Tests", ["HDF5", "FileReading", "Diagnostics"]),
    tests("KernelsTests", ["Kernels"]),
    tests("SpikeInterpreterTests", ["SpikeInterpreter", "SpikeIR", "Kernels", "Diagnostics"]),
    tests(
      "SpikeTrainingTests",
      ["SpikeTraining", "SpikeInterpreter", "SpikeIR", "Kernels", "Diagnostics"]),
    tests(
      "ConformanceTests",
      [
        "EventCPU", "SpikeExecution", "Crossbar", "HardwareTargets", "KerasFrontend", "DataIO",
        "SpikePasses", "SpikeInterpreter", "PluginAPI", "SpikeIR", "Kernels", "Diagnostics",
      ]),
    tests(
      "KerasFrontendTests",
      [
        "FuzzSupport", "KerasFrontend", "SpikeInterpreter", "PluginAPI", "Archive", "HDF5",
        "FileReading", "JSONReading", "SpikeIR", "Diagnostics",
      ]),
    tests(
      "ONNXFrontendTests",
      [
        "FuzzSupport", "ONNXFrontend", "SpikeInterpreter", "SpikeText", "PluginAPI", "SpikeIR",
        "Diagnostics",
      ]),
    tests(
      "NeuroCoreTests",
      [
        "NeuroCore", "SpikeExecution", "HardwareTargets", "SpikePasses", "SpikeInterpreter",
        "SpikeText", "PluginAPI", "SpikeIR", "Kernels", "Diagnostics",
      ]),
    tests("SpikeExecutionTests", ["SpikeExecution", "SpikeIR", "Diagnostics"]),
    tests(
      "CrossbarTests",
      [
        "Crossbar", "HardwareTargets", "JSONReading", "SpikeInterpreter", "SpikeText", "SpikeIR",
        "Kernels", "Tables", "Diagnostics",
      ]),
    tests(
      "EventCPUTests",
      [
        "EventCPU", "SpikeExecution", "SpikeInterpreter", "SpikeText", "PluginAPI", "HDF5",
        "Kernels", "SpikeIR",
        "Diagnostics",
      ]),
  ]
)
