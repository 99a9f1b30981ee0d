// The frontend: recognizing ONNX files and the way from the file to the graph.

package import Diagnostics
package import PluginAPI
internal import SpikeIR

/// A reader of models in ONNX files.
///
/// Layouts with the channels first become the graph's [height, width, channels] without
/// transpositions: the axes of values are described, and weights permuted, rather than elements
/// moved.
package struct ONNXFrontend: Frontend {

  /// Creates the frontend.
  package init() {}

  /// The name of the frontend.
  package var name: String { "onnx" }

  /// One line on what is read.
  package var summary: String {
    "ONNX models (.onnx), operator sets \(ONNXModel.oldestOpset) to \(ONNXModel.newestOpset)"
  }

  /// Returns whether the file is called .onnx, or begins as exporters begin: with the version of
  /// the format and something else that a model holds.
  package func recognizes(path: String, prefix: [UInt8]) -> Bool {
    if path.hasSuffix(".onnx") { return true }
    // Field 1 as a small number, then field 2 to 8 of the model.
    guard prefix.count > 4, prefix[0] == 0x08, (1...20).contains(prefix[1]) else { return false }
    return [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(prefix[2])
  }

  /// Returns the network in the file at `path` and where it comes from; warnings go to `sink`.
  ///
  /// - Throws: all problems found, with the node and its place in the file.
  package func load(
    path: String, options: ImportOptions, sink: inout DiagnosticSink
  ) throws(CompileError) -> ImportedModel {
    let model = try ONNXModel(readingAt: path, sink: &sink)
    let imported = try Importer.run(model)
    return ImportedModel(
      graph: imported.graph, provenance: model.provenance,
      hasChannelsFirst: imported.inputAxes.contains { $0 != $0.sorted() },
      inputs: zip(model.networkInputs, imported.inputAxes).map { input, axes in
        FileValue(
          shape: axes == axes.sorted() ? nil : list(input.extents?.map(\.words) ?? []),
          isInteger: input.type?.isInteger ?? false && input.type != .bool)
      },
      outputs: zip(imported.outputExtents, imported.outputAxes).map { extents, axes in
        FileValue(shape: axes == axes.sorted() ? nil : list(extents))
      })
  }

  /// Returns the nodes of the file at `path` with what the file says about itself.
  package func listing(path: String, options: ImportOptions) -> ModelListing? {
    var sink = DiagnosticSink()
    guard let model = try? ONNXModel(readingAt: path, sink: &sink) else { return nil }
    func end(_ value: ONNXValueInfo) -> ModelListing.End {
      ModelListing.End(value.name, shape: value.extents.map { list($0.map(\.words)) } ?? "")
    }
    let nodes = (try? model.plannedNodes().map(\.node)) ?? model.graph.nodes
    return ModelListing(
      name: model.graph.name, provenance: model.provenance,
      inputs: model.networkInputs.map(end), outputs: model.graph.outputs.map(end),
      layers: nodes.map { node in
        let site = NodeSite(node, file: path)
        let kind = node.domain.isEmpty ? node.opType : "\(node.domain).\(node.opType)"
        return ModelListing.Layer(site.name, kind: kind, site: site.site)
      })
  }

  /// The operators that are read.
  package var layers: [SupportedLayer] {
    OperatorDefinition.all.map(\.line)
  }
}

/// Returns extents as a list.
private func list(_ extents: [String]) -> String { "[" + extents.joined(separator: ",") + "]" }

extension ONNXModel {

  /// What the file says about itself.
  fileprivate var provenance: Provenance {
    let domains = opsets.filter { !$0.key.isEmpty }.sorted { $0.key < $1.key }
    return Provenance(
      format: "ONNX, IR version \(irVersion)", writer: producer.isEmpty ? nil : producer,
      version: producerVersion.isEmpty ? nil : producerVersion,
      properties: [Provenance.Property("opset", "\(opset ?? 0)")]
        + domains.map { Provenance.Property("opset-\($0.key)", "\($0.value)") })
  }
}
