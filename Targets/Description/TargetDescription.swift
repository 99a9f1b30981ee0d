// What a piece of hardware offers: the description that legalization, mapping, emulation and reports
// follow, so that none of them knows a chip by name. `Targets/*.json` hold the descriptions.

/// A piece of hardware, as its description file has it.
///
/// Whatever is `nil` is unknown, never 0.
package struct TargetDescription: Hashable, Sendable {

  /// The name on the command line, kebab-case, such as `loihi1`.
  package var id: String

  /// The name for people.
  package var title: String

  /// The kind of machine.
  package var family: Family

  /// How time passes.
  package var time: Timing

  /// How cores are arranged and joined.
  package var topology: Topology

  /// The kinds of cores, each with what a core of it offers.
  package var cores: [CoreClass]

  /// What things cost.
  package var energy: Energy

  /// Citations by the keys that quantities name.
  package var sources: [Source]

  /// What a reader should know: conflicts between sources, what was left out.
  package var notes: [String] = []

  /// A citation.
  package struct Source: Hashable, Sendable {
    /// The key, such as `D18`.
    package var key: String
    /// What is cited.
    package var citation: String
  }

  /// The kind of machine.
  package enum Family: String, Hashable, Sendable, CaseIterable {
    case digitalMesh = "digital-mesh"
    case binaryCrossbar = "binary-crossbar"
    case convPipeline = "conv-pipeline"
    case armManycore = "arm-manycore"
    case analogSNN = "analog-snn"
    case analogCrossbar = "analog-crossbar"
    case eventNPU = "event-npu"
  }

  /// The number of cores of all classes on a chip.
  package var coresPerChip: Int { cores.reduce(0) { $0 + $1.count } }
}
