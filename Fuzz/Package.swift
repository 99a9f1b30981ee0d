// swift-tools-version: 6.2
// The fuzz campaign, in a package of its own so that the program's does not build it. The folders
// beside this file are links to those of the repository: targets of one package reach each other's
// package-level declarations.

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

let package = Package(
  name: "spikec-fuzz",
  targets: [
    library("Diagnostics", path: "Sources/Diagnostics"),
    .systemLibrary(name: "CHDF5", path: "Frontends/CHDF5", pkgConfig: "hdf5-serial"),
    .target(name: "CHDF5Child", dependencies: ["CHDF5"], path: "Sources/CHDF5Child"),
    library("HDF5", path: "Sources/HDF5", ["CHDF5", "CHDF5Child", "Diagnostics"]),
    library("SpikeIR", path: "IR/Core", ["Diagnostics"]),
    library("PluginAPI", path: "Sources/PluginAPI", ["SpikeIR", "Diagnostics"]),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib"),
    library("Archive", path: "Sources/Archive", ["CZlib", "Diagnostics"]),
    library(
      "KerasFrontend", path: "Frontends/Keras",
      ["SpikeIR", "PluginAPI", "Archive", "HDF5", "Diagnostics"]),
    .target(name: "CKernels", path: "Sources/CKernels"),
    library("Kernels", path: "Sources/Kernels", ["CKernels"]),
    .systemLibrary(
      name: "CProtobufC", path: "Frontends/CProtobufC", pkgConfig: "libprotobuf-c"),
    .target(
      name: "COnnxProto", dependencies: ["CProtobufC"], path: "Frontends/COnnxProto",
      exclude: ["onnx.proto"]),
    library(
      "ONNXFrontend", path: "Frontends/ONNX",
      ["COnnxProto", "CProtobufC", "Kernels", "SpikeIR", "PluginAPI", "Diagnostics"]),
    library("TestSupport", path: "Tests/TestSupport", ["SpikeIR", "Diagnostics"]),
    library("FuzzSupport", path: "Tests/FuzzSupport", ["TestSupport"]),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "KerasFrontend", "ONNXFrontend", "FuzzSupport", "PluginAPI", "SpikeIR", "Diagnostics",
      ],
      path: "Campaign", swiftSettings: strict),
  ]
)
