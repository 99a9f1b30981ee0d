// What `inspect` says about a model that cannot be imported: all that its file tells, and the layers
// with problems.

internal import Diagnostics
internal import PluginAPI

/// A model that its frontend refused.
struct RejectedModel: Sendable {

  /// The model file.
  let path: String

  /// What the file holds.
  let listing: ModelListing

  /// Why it was refused.
  let errors: [Diagnostic]

  /// Returns why a layer is not imported, `nil` if nothing is known against it.
  private func problem(_ layer: ModelListing.Layer) -> String? {
    guard let error = errors.first(where: { $0.severity == .error && $0.site == layer.site }) else {
      return nil
    }
    let reason = error.id.contains(".unsupported-") ? error.notes.first : nil
    return "not supported: \(reason ?? error.message)"
  }

  /// The description for people.
  var text: String {
    var ends = Table(["", "", ""])
    for input in listing.inputs { ends.add(["input", input.name, input.shape]) }
    for output in listing.outputs { ends.add(["output", output.name, output.shape]) }
    var layers = Table(["layer", "kind", "problem"])
    for layer in listing.layers { layers.add([layer.name, layer.kind, problem(layer) ?? ""]) }
    return [
      listing.provenance.heading(path: path, name: listing.name), ends.text, layers.text,
      "The model cannot be imported.",
    ].joined(separator: "\n\n")
  }

  /// The description as JSON.
  var json: JSON {
    func end(_ end: ModelListing.End) -> JSON {
      ["name": .string(end.name), "shapeInFile": end.shape.isEmpty ? .null : .string(end.shape)]
    }
    return [
      "schema": "spikec-inspect/1",
      "file": .string(path),
      "name": .string(listing.name),
      "level": .null,
      "inputs": .array(listing.inputs.map(end)),
      "outputs": .array(listing.outputs.map(end)),
      "layers": .array(
        listing.layers.map { layer in
          [
            "name": .string(layer.name), "kind": .string(layer.kind),
            "problem": JSON(problem(layer)),
          ]
        }),
      "provenance": listing.provenance.object,
      "convertsToSpikes": .bool(false),
      "errors": .array(errors.filter { $0.severity == .error }.map(\.object)),
    ]
  }
}

extension Diagnostic {

  /// The diagnostic as JSON.
  fileprivate var object: JSON {
    var place: String?
    if case .inside(_, let path)? = site { place = path }
    return [
      "id": .string(id), "message": .string(message), "place": JSON(place),
      "notes": .array(notes.map { .string($0) }),
    ]
  }
}
