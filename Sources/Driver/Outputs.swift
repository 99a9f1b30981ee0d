// The outputs of a network for all samples, and the files to which they are written.

internal import DataIO
internal import Diagnostics
internal import SpikeIR
internal import Synchronization

/// An output of a network.
struct NetworkOutput: Hashable, Sendable {

  /// The name.
  var name: String

  /// The shape.
  var shape: Shape
}

/// The outputs of a network for all samples, filled by any number of threads.
final class Outputs: Sendable {

  /// The outputs of the network, in order.
  let outputs: [NetworkOutput]

  /// For each sample the values of all outputs, one output after another.
  private let rows: Mutex<[[Float]]>

  /// Creates a list for `count` samples whose outputs are not known yet.
  init(count: Int, _ outputs: [NetworkOutput]) {
    self.outputs = outputs
    rows = Mutex([[Float]](repeating: [], count: count))
  }

  /// Notes the values of all outputs, one output after another, for sample i.
  func set(_ i: Int, _ values: [Float]) {
    rows.withLock { $0[i] = values }
  }

  /// Returns the class that the first output names, for each sample.
  func predictions(_ classifier: Classifier) -> [Int] {
    let count = outputs.first?.shape.count ?? 0
    return rows.withLock { $0.map { classifier.classify($0.prefix(count)) } }
  }

  /// Returns the part of the samples whose class is right, `nil` without labels.
  func accuracy(_ classifier: Classifier, _ labels: [Int]?) -> Double? {
    guard labels != nil else { return nil }
    return Classifier.accuracy(predictions(classifier), labels)
  }

  /// Returns ‖ŷ − y‖₂ / ‖y‖₂ over all samples and outputs, y being `reference`.
  func relativeError(to reference: Outputs) -> Double {
    let (found, wanted) = (rows.withLock { $0 }, reference.rows.withLock { $0 })
    var (difference, size) = (0.0, 0.0)
    for (a, b) in zip(found.joined(), wanted.joined()) {
      difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
      size += Double(b) * Double(b)
    }
    return size > 0 ? (difference / size).squareRoot() : 0
  }

  /// Returns a warning if there are outputs that are not used: labels are compared with the first,
  /// and a `.npy` file holds one array.
  func warning(_ path: String?, hasLabels: Bool) -> Diagnostic? {
    guard outputs.count > 1, hasLabels || path.map({ !Outputs.isArchive($0) }) ?? false else {
      return nil
    }
    return .severalOutputs(outputs.map(\.name))
  }

  /// Writes the outputs: the first as a NumPy array [samples, shape], or, if the name of the file
  /// ends in `.npz`, each under its name.
  ///
  /// - Throws: `output.cannot-write` or `output.write-failed`.
  func write(to file: OutputFile) throws(CompileError) {
    let all = rows.withLock { $0 }
    var arrays: [NamedArray] = []
    var start = 0
    for output in outputs {
      let range = start..<start + output.shape.count
      arrays.append(
        NamedArray(
          name: output.name, shape: Shape([all.count] + output.shape.extents),
          elements: all.flatMap { $0[range] }))
      start = range.upperBound
      if !Outputs.isArchive(file.path) { break }
    }
    try liftingDiagnostic { () throws(Diagnostic) in
      if Outputs.isArchive(file.path) {
        try writeNPZ(arrays, to: file)
      } else if let first = arrays.first {
        try writeNPY(first.elements, shape: first.shape, to: file)
      }
      try file.commit()
    }
  }

  private static func isArchive(_ path: String) -> Bool { path.hasSuffix(".npz") }
}

extension Diagnostic {

  /// Returns a warning about outputs that are not used.
  fileprivate static func severalOutputs(_ names: [String]) -> Diagnostic {
    let first = names.first.map { "'\($0)'" } ?? "the first"
    return .warning(
      "driver.several-outputs",
      "the network has \(names.count, of: "output"), of which the first, \(first), is taken",
      notes: ["'--output FILE.npz' writes all of them"])
  }
}
