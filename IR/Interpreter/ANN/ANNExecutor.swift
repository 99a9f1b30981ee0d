// The executor of tensor graphs in 32-bit floating point: one sample after the other on each
// worker, with constants packed once and memory that does not grow with the number of samples.

package import Diagnostics
internal import Kernels
package import SpikeIR
internal import Synchronization

/// A graph of tensor operators, ready to be executed.
///
/// Every sum is evaluated in a fixed order: results do not depend on the number of threads, on
/// what else is observed, or on the vector width of the processor.
package struct ANNExecutor: Sendable {

  /// The graph.
  package let graph: ANNGraph

  /// The network's inputs, in order.
  package let inputs: [NodeID]

  /// What each node became.
  let steps: [ANNStepKind]

  /// Prepares a graph: checks it and packs its constants.
  ///
  /// - Parameters:
  ///   - graph: the graph.
  ///   - replacements: what computes the values of some nodes in place of their operators.
  /// - Throws: every problem found: `interpreter.unsupported-operator` for custom operators,
  ///   `interpreter.bad-graph` and `ir.bad-shape` for graphs that a verifier refuses,
  ///   `ir.elided-tensor`, `interpreter.value-too-large`.
  /// - Complexity: O(elements of the constants).
  package init(
    _ graph: ANNGraph, replacing replacements: [NodeID: any ANNReplacement] = [:]
  ) throws(CompileError) {
    var sink = DiagnosticSink()
    var steps: [ANNStepKind] = []
    var inputs: [NodeID] = []
    for id in graph.ids {
      do throws(Diagnostic) {
        let lowering = ANNLowering(graph: graph, id: id)
        try lowering.check()
        if let replacement = replacements[id] {
          steps.append(.kernel(.replaced(replacement)))
        } else {
          steps.append(try lowering.lower(position: inputs.count))
        }
      } catch {
        sink.report(error.located(at: .entity(graph[id].name)))
        steps.append(.alias)
      }
      if graph[id].op == .input { inputs.append(id) }
    }
    for id in graph.outputs where graph.nodes.find(id) == nil {
      sink.report(.unknownOutput(id))
    }
    try sink.throwIfErrors()
    self.graph = graph
    self.inputs = inputs
    self.steps = steps
  }

  /// Executes the graph for one sample.
  ///
  /// - Parameter inputs: the values of the network's inputs, row-major, in order.
  /// - Returns: the values of the network's outputs, in order.
  /// - Throws: `interpreter.bad-input` if the inputs' number or sizes are wrong.
  package func run(_ inputs: [[Float]]) throws(Diagnostic) -> [[Float]] {
    var workspace = ANNWorkspace(self, observing: graph.outputs)
    try workspace.execute(inputs)
    let values = workspace.values(inputs)
    return graph.outputs.map { values[$0] }
  }

  /// Executes the graph for many samples, in no particular order.
  ///
  /// - Parameters:
  ///   - count: the number of samples.
  ///   - threads: the number of workers, at least 1.
  ///   - input: returns the inputs of sample i; called by any worker.
  ///   - progress: is given the number of samples finished so far; calls do not overlap.
  ///   - body: is given the sample's number and the values of the network's outputs, in order;
  ///     called by any worker.
  /// - Throws: `interpreter.bad-input`, for the first sample that has it.
  package func forEachSample(
    count: Int, threads: Int, input: @Sendable (Int) -> [[Float]],
    progress: @Sendable (Int) -> Void = { _ in },
    body: @Sendable (_ sample: Int, _ outputs: [[Float]]) -> Void
  ) throws(Diagnostic) {
    let outputs = graph.outputs
    _ = try accumulate(
      count: count, threads: threads, observing: outputs, chunk: 1, input: input,
      progress: progress, initial: {}
    ) { (_: inout Void, sample, values) in
      body(sample, outputs.map { values[$0] })
    }
  }

  /// Executes the graph for many samples and gathers what `body` takes from the observed values.
  ///
  /// Samples are divided into chunks of fixed size; a chunk has an accumulator and sees its
  /// samples in order. What is gathered therefore does not depend on the number of threads.
  ///
  /// - Parameters:
  ///   - count: the number of samples.
  ///   - threads: the number of workers, at least 1.
  ///   - observing: the nodes whose values `body` may read; only what they depend on is computed.
  ///   - chunk: the number of samples of an accumulator, at least 1.
  ///   - input: returns the inputs of sample i; called by any worker.
  ///   - progress: is given the number of samples finished so far; calls do not overlap.
  ///   - initial: returns a fresh accumulator.
  ///   - body: is given the chunk's accumulator, the sample's number and the observed values.
  /// - Returns: the accumulators, in the order of their chunks.
  /// - Throws: `interpreter.bad-input`, for the first sample that has it.
  /// - Precondition: the observed nodes are the graph's.
  package func accumulate<A: Sendable>(
    count: Int, threads: Int, observing: [NodeID], chunk: Int = 16,
    input: @Sendable (Int) -> [[Float]], progress: @Sendable (Int) -> Void = { _ in },
    initial: @Sendable () -> A,
    body: @Sendable (_ accumulator: inout A, _ sample: Int, _ values: NodeValues) -> Void
  ) throws(Diagnostic) -> [A] {
    precondition(
      observing.allSatisfy { graph.nodes.find($0) != nil }, "internal: observed node is unknown")
    let chunks = (count + chunk - 1) / chunk
    let state = Mutex(Gathering<A>(chunks: chunks))
    let next = Atomic<Int>(0)
    let template = ANNWorkspace(self, observing: observing)
    withWorkers(max(1, min(threads, chunks))) { _ in
      var workspace = template
      while true {
        let c = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard c < chunks, !state.withLock({ $0.hasProblem(before: c) }) else { return }
        let samples = c * chunk..<min(count, (c + 1) * chunk)
        do throws(Diagnostic) {
          var accumulator = initial()
          for sample in samples {
            let inputs = input(sample)
            try workspace.execute(inputs, sample: sample)
            body(&accumulator, sample, workspace.values(inputs))
          }
          state.withLock { progress($0.finish(accumulator, chunk: c, samples: samples.count)) }
        } catch {
          state.withLock { $0.report(error, chunk: c) }
        }
      }
    }
    return try state.withLock { state throws(Diagnostic) in try state.all() }
  }
}

/// What the workers of a run share.
private struct Gathering<A: Sendable>: Sendable {

  /// The accumulators of the chunks that are finished.
  private var results: [A?]

  /// The number of samples finished.
  private var finished = 0

  /// The problem of the first chunk that has one.
  private var problem: (chunk: Int, diagnostic: Diagnostic)?

  init(chunks: Int) {
    results = Array(repeating: nil, count: chunks)
  }

  /// Takes the accumulator of a finished chunk and returns the number of samples finished so far.
  mutating func finish(_ accumulator: A, chunk: Int, samples: Int) -> Int {
    results[chunk] = accumulator
    finished += samples
    return finished
  }

  /// Notes a problem, unless an earlier chunk has one.
  mutating func report(_ diagnostic: Diagnostic, chunk: Int) {
    if let problem, problem.chunk < chunk { return }
    problem = (chunk, diagnostic)
  }

  /// Returns whether a chunk before `chunk` has a problem, which makes that of `chunk` moot.
  func hasProblem(before chunk: Int) -> Bool {
    problem.map { $0.chunk < chunk } ?? false
  }

  /// Returns the accumulators in order, or throws the problem.
  func all() throws(Diagnostic) -> [A] {
    if let problem { throw problem.diagnostic }
    return results.compactMap { $0 }
  }
}
