// What can be wrong when cores are given places.

internal import Diagnostics
internal import HardwareTargets

extension Diagnostic {

  /// Returns an error about a network that needs more chips than the machine has.
  static func tooManyChips(
    _ found: Int, most: Int, cores: Int, in target: TargetDescription
  ) -> Diagnostic {
    .error(
      "placement.too-many-chips",
      "\(cores, of: "core") would take \(found, of: "chip"), '\(target.id)' has at most \(most)",
      notes: [
        "make the network smaller, or describe a larger machine: the count of the outermost level "
          + "of its topology"
      ], exitCode: .doesNotFit)
  }

  /// Returns an error about a core of a kind that the machine does not have.
  static func unknownCoreKind(_ kind: Int, in target: TargetDescription) -> Diagnostic {
    .error(
      "placement.unknown-kind",
      "a core of kind \(kind) is needed, '\(target.id)' has \(target.cores.count, of: "kind")",
      exitCode: .doesNotFit)
  }

  /// Returns an error about cores that found no place of their kind.
  static func noPlaceOfKind(_ kind: Int, needed: Int, offered: Int) -> Diagnostic {
    .error(
      "placement.no-place",
      "the network takes \(needed, of: "core") of kind \(kind), the grid has "
        + "\(offered, of: "place") of this kind",
      exitCode: .doesNotFit)
  }

  /// Returns an error about a packet that would have to go further than packets can.
  static func beyondReach(
    from source: GridPoint, to destination: GridPoint, reach: [Int]
  ) -> Diagnostic {
    .error(
      "placement.beyond-reach",
      "a packet from (\(source.x), \(source.y)) to (\(destination.x), \(destination.y)) would go "
        + "\(abs(destination.x - source.x), of: "column") and "
        + "\(abs(destination.y - source.y), of: "row"), "
        + "packets reach \(reach.map(String.init).joined(separator: " and "))",
      notes: ["a network on fewer chips has shorter ways"], exitCode: .doesNotFit)
  }
}
