// swift-tools-version: 6.2
// Benchmarks of the libraries and the fuzz campaign, in a package of their own so that the
// program's does not build them.
// The folders beside this file are links to those of the repository: targets of one package reach
// each other's package-level declarations.

import Foundation
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func library(
  _ name: String, path: String, _ dependencies: [Target.Dependency] = []
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

/// The descriptions of machines, which are embedded in the code.
let targetFiles =
  ((try? FileManager.default.contentsOfDirectory(atPath: "\(Context.packageDirectory)/../Targets"))
  ?? []).filter { $0.hasSuffix(".json") }.sorted()

let package = Package(
  name: "spikec-benchmarks",
  targets: [
    library("Diagnostics", path: "Sources/Diagnostics"),
    library("JSONReading", path: "Sources/JSONReading"),
    library("FileReading", path: "Sources/FileReading", ["Diagnostics"]),
    .target(name: "CKernels", path: "Sources/CKernels"),
    library("Kernels", path: "Sources/Kernels", ["CKernels"]),
    .systemLibrary(name: "CHDF5", path: "Frontends/CHDF5", pkgConfig: "hdf5-serial"),
    .target(name: "CHDF5Child", dependencies: ["CHDF5"], path: "Sources/CHDF5Child"),
    library("HDF5", path: "Sources/HDF5", ["CHDF5", "CHDF5Child", "FileReading", "Diagnostics"]),
    library("SpikeIR", path: "IR/Core", ["Diagnostics"]),
    library("SpikeText", path: "IR/Text", ["SpikeIR", "Diagnostics"]),
    library("SpikeInterpreter", path: "IR/Interpreter", ["SpikeIR", "Kernels", "Diagnostics"]),
    library("SpikeStore", path: "IR/Store", ["SpikeIR", "SpikeText", "HDF5", "Diagnostics"]),
    library("PluginAPI", path: "Sources/PluginAPI", ["SpikeIR", "Diagnostics"]),
    library(
      "SpikeExecution", path: "Backends/Execution", ["SpikeIR", "Kernels", "Diagnostics"]),
    library(
      "EventCPU", path: "Backends/EventCPU",
      [
        "SpikeExecution", "SpikeIR", "SpikeText", "SpikeStore", "PluginAPI", "Kernels", "HDF5",
        "Diagnostics",
      ]),
    .target(
      name: "HardwareTargets", dependencies: ["JSONReading", "Diagnostics"], path: "Targets",
      resources: targetFiles.map { .embedInCode($0) }, swiftSettings: strict),
    library("Tables", path: "Sources/Tables", ["Diagnostics"]),
    library(
      "NeuroCore", path: "Backends/NeuroCore",
      ["SpikeExecution", "HardwareTargets", "Tables", "SpikeIR", "Kernels", "Diagnostics"]),
    library(
      "DataIO", path: "Sources/DataIO",
      ["Archive", "HDF5", "FileReading", "SpikeIR", "Diagnostics"]),
    library("TestSupport", path: "Tests/TestSupport", ["SpikeIR", "Diagnostics"]),
    library("FuzzSupport", path: "Tests/FuzzSupport", ["CZlib", "TestSupport"]),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib"),
    library("Archive", path: "Sources/Archive", ["CZlib", "FileReading", "Diagnostics"]),
    library(
      "KerasFrontend", path: "Frontends/Keras",
      [
        "SpikeIR", "PluginAPI", "Archive", "HDF5", "FileReading", "JSONReading", "Diagnostics",
      ]),
    .systemLibrary(
      name: "CProtobufC", path: "Frontends/CProtobufC", pkgConfig: "libprotobuf-c"),
    .target(
      name: "COnnxProto", dependencies: ["CProtobufC"], path: "Frontends/COnnxProto",
      exclude: ["onnx.proto"]),
    library(
      "ONNXFrontend", path: "Frontends/ONNX",
      [
        "COnnxProto", "CProtobufC", "Kernels", "SpikeIR", "SpikeInterpreter", "PluginAPI",
        "FileReading", "Diagnostics",
      ]),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "KerasFrontend", "ONNXFrontend", "FuzzSupport", "PluginAPI", "SpikeIR", "Diagnostics",
      ],
      path: "Fuzz", swiftSettings: strict),
    .executableTarget(
      name: "importing",
      dependencies: ["KerasFrontend", "ONNXFrontend", "PluginAPI", "SpikeIR", "Diagnostics"],
      path: "Importing", swiftSettings: strict),
    .executableTarget(
      name: "cores",
      dependencies: [
        "NeuroCore", "HardwareTargets", "EventCPU", "SpikeExecution", "DataIO", "PluginAPI",
        "SpikeIR", "Diagnostics", "TestSupport",
      ],
      path: "Cores", swiftSettings: strict),
    .executableTarget(
      name: "event-engine",
      dependencies: ["EventCPU", "SpikeExecution", "SpikeIR", "Diagnostics", "TestSupport"],
      path: "EventEngine", swiftSettings: strict),
    library(
      "SpikeTraining", path: "IR/Training",
      ["SpikeIR", "SpikeInterpreter", "Kernels", "Diagnostics"]),
    library(
      "Crossbar", path: "Backends/Crossbar",
      [
        "HardwareTargets", "SpikeExecution", "SpikeTraining", "SpikeInterpreter", "Tables",
        "SpikeIR", "Kernels", "Diagnostics",
      ]),
    .executableTarget(
      name: "pulse-updates", dependencies: ["Crossbar", "Kernels"], path: "PulseUpdates",
      swiftSettings: strict),
    .executableTarget(
      name: "analog-reads",
      dependencies: [
        "Crossbar", "HardwareTargets", "SpikeInterpreter", "SpikeIR", "Kernels", "Diagnostics",
      ],
      path: "AnalogReads", swiftSettings: strict),
  ]
)
