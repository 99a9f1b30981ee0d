// The descriptions that come with the program: the JSON files beside this one, which the build puts into
// it, so that the program needs no file but itself.

internal import Diagnostics

extension TargetDescription {

  /// The names and texts of the descriptions that come with the program.
  private static let texts: [(name: String, text: [UInt8])] = [
    ("akida1000", PackageResources.akida1000_json),
    ("brainscales2", PackageResources.brainscales2_json),
    ("generic-mesh", PackageResources.generic_mesh_json),
    ("loihi1", PackageResources.loihi1_json),
    ("loihi1-nahuku", PackageResources.loihi1_nahuku_json),
    ("loihi2", PackageResources.loihi2_json),
    ("speck2", PackageResources.speck2_json),
    ("spinnaker1", PackageResources.spinnaker1_json),
    ("spinnaker2", PackageResources.spinnaker2_json),
    ("truenorth", PackageResources.truenorth_json),
    ("xylo", PackageResources.xylo_json),
  ]

  /// The names of the descriptions that come with the program, in alphabetical order.
  package static var builtInNames: [String] { texts.map(\.name) }

  /// The text of the schema of descriptions, `Targets/schema.json`.
  package static var schemaText: String {
    String(decoding: PackageResources.schema_json, as: UTF8.self)
  }

  /// The text of the schema of allocation tables in one file, `Targets/allocation-schema.json`.
  package static var allocationSchemaText: String {
    String(decoding: PackageResources.allocation_schema_json, as: UTF8.self)
  }

  /// Returns the JSON text of a description that comes with the program; `nil` if there is none.
  package static func builtInText(_ name: String) -> String? {
    texts.first { $0.name == name }.map { String(decoding: $0.text, as: UTF8.self) }
  }

  /// Returns a description that comes with the program; `nil` if there is none of this name.
  ///
  /// - Complexity: O(length of its text): it is read anew.
  package static func builtIn(_ name: String) -> TargetDescription? {
    guard let text = builtInText(name) else { return nil }
    do throws(CompileError) {
      return try TargetDescription(parsing: text, file: "\(name).json")
    } catch {
      preconditionFailure("internal: \(error.diagnostics.map { $0.rendered() })")
    }
  }

  /// All descriptions that come with the program, in alphabetical order.
  package static var builtIn: [TargetDescription] {
    builtInNames.compactMap { builtIn($0) }
  }
}
