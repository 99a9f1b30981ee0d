// Other weights in a Keras file: the file as it is, with other elements in its datasets.

package import Diagnostics
internal import PluginAPI
package import SpikeIR

/// A Keras file whose weights can be replaced.
///
/// Everything else, from the description of the network to the state of its optimizer, stays as
/// Keras wrote it, so that Keras reads the result as it reads the original.
package struct RewritableKerasModel: Sendable {

  /// The network, with its elements in the file.
  package let graph: ANNGraph

  /// The bytes of the file that hold the elements of a tensor.
  private let ranges: [TensorID: Range<Int>]

  /// Opens the whole model in HDF5 at `path`.
  ///
  /// - Throws: what importing throws; `keras.cannot-rewrite`, with the reason, if weights lie
  ///   elsewhere or otherwise than as 32-bit floating point in a row.
  package init(path: String) throws(CompileError) {
    var sink = DiagnosticSink()
    let (model, source, places) = try KerasFrontend().loadWithPlaces(
      path, ImportOptions(), sink: &sink)
    guard source.layout is GroupedWeights, source.generation != .one else {
      throw CompileError(
        .cannotRewrite(path, "it is \(source.provenance.format), expected a whole model in HDF5"))
    }
    var ranges: [TensorID: Range<Int>] = [:]
    try liftingDiagnostic { () throws(Diagnostic) in
      for (id, place) in places {
        guard place.order == nil, let range = try source.layout.arrays.floatRange(of: place.path)
        else {
          throw .cannotRewrite(path, "'\(place.path)' is compressed or not 32-bit floating point")
        }
        ranges[id] = range
      }
    }
    (graph, self.ranges) = (model.graph, ranges)
  }

  /// Returns the bytes of the file with other elements in some of the tensors.
  ///
  /// - Parameters:
  ///   - bytes: the bytes of the file with which the value was created.
  ///   - elements: as many elements for a tensor as it has.
  /// - Returns: the bytes of a file with these elements.
  /// - Throws: `keras.cannot-rewrite` if the file does not hold one of the tensors.
  package func replacing(
    _ bytes: [UInt8], _ elements: [TensorID: [Float]]
  ) throws(Diagnostic) -> [UInt8] {
    var result = bytes
    for (id, values) in elements {
      let name = graph.tensors[id].name
      guard let range = ranges[id], range.count == 4 * values.count, range.upperBound <= bytes.count
      else { throw .cannotRewrite(graph.name, "'\(name)' is computed from several weights") }
      for (i, value) in values.enumerated() {
        let bits = value.bitPattern
        for byte in 0..<4 {
          result[range.lowerBound + 4 * i + byte] = UInt8(truncatingIfNeeded: bits >> (8 * byte))
        }
      }
    }
    return result
  }
}

extension Diagnostic {

  /// Returns an error about a file whose weights cannot be replaced.
  fileprivate static func cannotRewrite(_ path: String, _ reason: String) -> Diagnostic {
    .error(
      "keras.cannot-rewrite", "the weights cannot be replaced: \(reason)", at: .file(path),
      notes: ["write the network as text: -o NAME.sir"])
  }
}
