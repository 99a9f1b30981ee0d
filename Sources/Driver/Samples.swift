// The samples of a run: what the user named, matched with the network that is to take them.

package import DataIO
internal import Diagnostics
internal import SpikeIR
internal import Synchronization

/// What the user said about data.
package struct DataRequest: Sendable {

  /// The data, one for each input of the network.
  package var data: [String] = []

  /// The labels, if any.
  package var labels: String?

  /// How raw data become the network's input.
  package var preprocessing = PreprocessingRequest()

  /// The largest number of samples to take, if not all.
  package var limit: Int?

  /// The name of the option that gave the data, for messages.
  package var option = "--input"

  /// Creates a request without data.
  package init() {}
}

/// An input of a network.
struct NetworkInput: Sendable {

  /// The name.
  var name: String

  /// The shape.
  var shape: Shape

  /// The preprocessing stored with the network, if any.
  var stored: Preprocessing?
}

/// Samples with their labels, for any number of threads.
final class Samples: Sendable {

  /// The number of samples.
  let count: Int

  /// The class of each sample, if labels were given.
  let labels: [Int]?

  private let sets: [ImageSet]
  private let failure = Mutex<Diagnostic?>(nil)

  /// Opens what `request` names and matches it with `inputs`; remarks go to `console`.
  ///
  /// - Throws: what opening throws; `data.input-count` if there are not as many data as inputs;
  ///   `data.count-mismatch` if data differ in the number of samples.
  init(
    _ request: DataRequest, for inputs: [NetworkInput], classifier: Classifier?,
    console: Console
  ) throws(CompileError) {
    var sink = DiagnosticSink()
    defer { console.report(contentsOf: sink.diagnostics) }
    do throws(Diagnostic) {
      guard request.data.count == inputs.count else {
        throw Diagnostic.inputCount(request, inputs.map(\.name))
      }
      // Labels are read first: they are small, and wrong ones are known before the long part.
      let labels = try request.labels.map { path throws(Diagnostic) in try Labels(reading: path) }
      sets = try Samples.open(request, inputs, &sink)
      let total = sets.map(\.count).min() ?? 0
      if let odd = sets.firstIndex(where: { $0.count != total }) {
        throw Diagnostic.countMismatch(request.data[odd], sets[odd].count, total)
      }
      count = min(total, request.limit ?? total)
      if let labels {
        guard let classifier else { throw Diagnostic.noClasses() }
        self.labels = try labels.checked(
          samples: total, first: count, classCount: classifier.classCount)
      } else {
        self.labels = nil
      }
    } catch {
      throw CompileError(error)
    }
  }

  /// How raw data become the network's first input.
  var preprocessing: Preprocessing { sets.first?.preprocessing ?? Preprocessing() }

  /// How raw data become each of the network's inputs.
  var preprocessings: [Preprocessing] { sets.map(\.preprocessing) }

  /// Returns the inputs of sample i.
  ///
  /// Where reading fails zeros are returned and the failure is kept for `throwIfFailed()`:
  /// executors take inputs that cannot fail.
  func values(_ i: Int) -> [[Float]] {
    sets.map { set in
      do throws(Diagnostic) {
        return try set.sample(i)
      } catch {
        failure.withLock { if $0 == nil { $0 = error } }
        return [Float](repeating: 0, count: set.shape.count)
      }
    }
  }

  /// Throws the first failure of reading a sample.
  func throwIfFailed() throws(CompileError) {
    if let error = failure.withLock({ $0 }) { throw CompileError(error) }
  }

  private static func open(
    _ request: DataRequest, _ inputs: [NetworkInput], _ sink: inout DiagnosticSink
  ) throws(Diagnostic) -> [ImageSet] {
    var sets: [ImageSet] = []
    for (argument, input) in zip(request.data, inputs) {
      let source = try DataSource(opening: argument, sink: &sink)
      let preprocessing = try request.preprocessing.resolved(
        for: source.kind, shape: input.shape, input: input.name, stored: input.stored, sink: &sink)
      sets.append(try ImageSet(source, matching: input.shape, preprocessing: preprocessing))
    }
    return sets
  }
}

/// How the outputs of a network name a class.
struct Classifier: Hashable, Sendable {

  /// The number of classes.
  let classCount: Int

  /// For a single output, the value above which it means class 1.
  private let threshold: Float

  /// Creates the classifier of an output of the given shape, `nil` if it is not a vector; a single
  /// output is a probability if `isProbability`, else a logit.
  init?(_ shape: Shape, isProbability: Bool) {
    guard shape.positions == 1 else { return nil }
    classCount = max(2, shape.count)
    threshold = isProbability ? 0.5 : 0
  }

  /// Returns the class that `output` names: the first of the largest.
  func classify(_ output: some Collection<Float>) -> Int {
    guard output.count > 1, var best = output.first else {
      return output.first.map { $0 > threshold ? 1 : 0 } ?? 0
    }
    var answer = 0
    for (i, value) in output.enumerated() where value > best { (best, answer) = (value, i) }
    return answer
  }

  /// Returns the part of `predicted` that equals `labels`; `nil` if there are no labels.
  static func accuracy(_ predicted: [Int], _ labels: [Int]?) -> Double? {
    guard let labels, !labels.isEmpty else { return nil }
    let right = zip(predicted, labels).count { $0 == $1 }
    return Double(right) / Double(labels.count)
  }
}

extension Diagnostic {

  /// Returns an error about a number of data other than that of the network's inputs.
  fileprivate static func inputCount(_ request: DataRequest, _ names: [String]) -> Diagnostic {
    let inputs = names.count == 1 ? "one input" : "\(names.count) inputs"
    return .error(
      "data.input-count",
      "'\(request.option)' is given \(request.data.count) times, the network has \(inputs)",
      notes: ["give it once for each of \(names.joined(separator: ", ")), in this order"],
      exitCode: .usage)
  }

  /// Returns an error about data of different length.
  fileprivate static func countMismatch(
    _ name: String, _ found: Int, _ expected: Int
  ) -> Diagnostic {
    .error(
      "data.count-mismatch", "found \(found, of: "sample"), the other inputs have \(expected)",
      at: .file(name))
  }

  /// Returns an error about labels for a network that names no classes.
  fileprivate static func noClasses() -> Diagnostic {
    .error("data.no-classes", "labels need a network whose first output is a vector of classes")
  }
}
