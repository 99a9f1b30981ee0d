// The right answers: one class for each sample.

package import Diagnostics
internal import SpikeIR

/// The classes of samples.
package struct Labels: Hashable, Sendable {

  /// The file, for messages.
  package let name: String

  /// The class of each sample, at least 0.
  package let classes: [Int]

  /// Reads labels from the file that `argument` names: a vector [N] or column [N,1] of integers in
  /// any format of `DataSource`.
  ///
  /// - Throws: `data.bad-labels` if it holds something else, and what opening throws.
  package init(reading argument: String) throws(Diagnostic) {
    var sink = DiagnosticSink()
    let source = try DataSource(opening: argument, sink: &sink)
    guard case .array(let array) = source.storage, array.shape.rank >= 1,
      array.shape.extents.dropFirst().allSatisfy({ $0 == 1 })
    else {
      throw .badLabels(argument, "the labels have the shape \(source.shape), expected [N]")
    }
    var classes: [Int] = []
    for (i, value) in try array.integers().enumerated() {
      guard let value, value >= 0 else {
        throw .badLabels(argument, "label \(i) is not a natural number")
      }
      classes.append(value)
    }
    (name, self.classes) = (argument, classes)
  }

  /// Returns the classes of `count` samples out of `total`.
  ///
  /// - Throws: `data.label-count` if there are not `total` labels, `data.bad-labels` if one is not
  ///   below `classCount`.
  package func checked(
    samples total: Int, first count: Int, classCount: Int
  ) throws(Diagnostic) -> [Int] {
    guard classes.count == total else { throw .labelCount(name, classes.count, total) }
    let result = Array(classes.prefix(count))
    if let i = result.firstIndex(where: { $0 >= classCount }) {
      throw .badLabels(
        name, "label \(i) is \(result[i]), the network has \(classCount, of: "output")")
    }
    return result
  }
}

extension Diagnostic {

  /// Returns an error about labels that are not classes.
  fileprivate static func badLabels(_ name: String, _ message: String) -> Diagnostic {
    .error(
      "data.bad-labels", message, at: .file(name),
      notes: ["labels are the numbers of classes, counted from 0, one for each sample"])
  }

  /// Returns an error about labels that are more or fewer than samples.
  fileprivate static func labelCount(_ name: String, _ found: Int, _ expected: Int) -> Diagnostic {
    .error(
      "data.label-count",
      "found \(found, of: "label") for \(expected, of: "sample")", at: .file(name))
  }
}
