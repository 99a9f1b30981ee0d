// The event-driven engine: a quantized spiking network, lowered once, run on many inputs.

package import Diagnostics
internal import Kernels
internal import SpikeExecution
package import SpikeIR

/// A spiking network made ready to run on the processor, bit-exactly.
///
/// Semantics are those documented in `SpikeIR`. Under `rate` spikes are bits, and work follows the
/// spikes: a layer adds the rows of weights that the set bits select. Under `phased` and
/// `weighted`, whose layers integrate whole windows, the units of a window are added at once as
/// integers: the same sums, by linearity, in fewer operations.
package struct EventEngine: Sendable {

  /// What is executed.
  let plan: Plan
  /// The inputs, in the order of the graph's encoders.
  let inputs: [InputEnd]
  /// The outputs, in the order of the graph's decoders.
  let outputs: [OutputEnd]
  /// The populations that emit spikes.
  let spiking: [SpikingPopulation]
  /// The number of neurons of each population.
  let counts: [Int]
  /// The code of each population.
  let codes: [SpikeCode]

  /// Lowers a quantized graph.
  ///
  /// - Parameters:
  ///   - graph: the graph.
  ///   - positions: for a part of a network, the positions that its encoders have in the whole, on
  ///     which their random numbers depend.
  /// - Throws: what the verifier finds; `cpu.not-quantized`, `cpu.unsupported-delay`,
  ///   `cpu.too-large`; `cpu.overflow` if potentials may leave 32 bits within the code's window.
  /// - Complexity: O(weights + neurons).
  package init(
    lowering graph: SpikingGraph, encoderPositions positions: [Int]? = nil
  ) throws(CompileError) {
    var sink = DiagnosticSink()
    sink.report(contentsOf: graph.verify())
    try sink.throwIfErrors()
    let plan = try liftingDiagnostic { () throws(Diagnostic) in
      guard graph.isQuantized else { throw .notQuantized(graph.name) }
      return try Plan(lowering: graph)
    }
    self.plan = plan
    inputs = try liftingDiagnostic { () throws(Diagnostic) in
      var result: [InputEnd] = []
      for (i, encoder) in graph.encoders.enumerated() {
        result.append(try InputEnd(encoder, at: positions?[i] ?? i, graph))
      }
      return result
    }
    outputs = try liftingDiagnostic { () throws(Diagnostic) in
      var result: [OutputEnd] = []
      for decoder in graph.decoders { result.append(try OutputEnd(decoder, graph)) }
      return result
    }
    counts = graph.populations.elements.map(\.shape.count)
    codes = graph.populations.elements.map(\.code)
    let fanOut = try liftingDiagnostic { () throws(Diagnostic) in try FanOut(graph) }
    spiking = graph.populations.ids.compactMap { id in
      guard graph[id].isSpiking else { return nil }
      return SpikingPopulation(
        graph[id], step: plan.stepOf[id.index], fanOut: fanOut.neurons[id.index])
    }
  }

  /// The number of values that `run` returns for an image.
  package var outputCount: Int { outputs.reduce(0) { $0 + $1.count } }

  /// The number of ticks of the graph's code.
  package var timesteps: Int { plan.code.timesteps }

  /// Stores what does not change in the ticks of an image, and returns what does, by step.
  ///
  /// - Throws: `cpu.bad-input` if there are not as many values as neurons, or one is no number.
  func encode(
    _ input: [[Float]], image: Int, into worker: Worker
  ) throws(CompileError) -> [(step: Int, train: SpikeTrain)] {
    guard input.map(\.count) == inputs.map(\.count) else {
      throw CompileError(.badInput(input.map(\.count), expected: inputs.map(\.count)))
    }
    if input.contains(where: { $0.contains(where: \.isNaN) }) {
      throw CompileError(.notANumber())
    }
    var trains: [(step: Int, train: SpikeTrain)] = []
    for (i, end) in inputs.enumerated() {
      let levels = end.encode(input[i])
      let step = plan.stepOf[end.encoder.population.index]
      if let train = end.train(saying: levels, image: image) {
        trains.append((step, train))
      } else {
        worker.encode(levels, at: step)
      }
    }
    return trains
  }

  /// Returns the units that a step has emitted last.
  func units(of step: Int, _ worker: Worker) -> [Int32] {
    plan.layouts[step].read(worker.blocks[plan.steps[step].units])
  }

  /// Returns the step of what a decoder reads.
  func step(of output: OutputEnd) -> Int { plan.stepOf[output.decoder.population.index] }

  /// Returns the membrane of a step.
  func membrane(of step: Int) -> MembraneAction? {
    if case .membrane(let membrane) = plan.steps[step].action { membrane } else { nil }
  }

  /// Notes what an output has done in tick `tick`, counted from 1.
  func note(
    _ tick: Int, of output: OutputEnd, _ worker: Worker, in record: inout OutputRecord
  ) {
    let step = step(of: output)
    let endsSkipping = record.endsSkipping(at: tick)
    guard record.notesUnits || endsSkipping else { return }
    let potentials = membrane(of: step).map { worker.potentials(of: $0) } ?? []
    if record.notesUnits {
      for (n, unit) in units(of: step, worker).enumerated() where unit != 0 {
        record.note(unit, of: n, tick: tick, leaving: potentials[n])
      }
    }
    guard endsSkipping else { return }
    for n in 0..<output.count { record.begin(n, potential: potentials[n]) }
  }

  /// Returns the outputs, those of all decoders one after another.
  ///
  /// - Parameters:
  ///   - worker: what executed the network.
  ///   - ticks: the number of ticks executed.
  ///   - records: what was noted of each output.
  /// - Returns: [outputs].
  func decode(_ worker: Worker, ticks: Int, _ records: [OutputRecord]) -> [Float] {
    var result: [Float] = []
    for (output, record) in zip(outputs, records) {
      guard let membrane = membrane(of: step(of: output)) else { continue }
      result += output.decode(
        worker.potentials(of: membrane), record, ticks: plan.code.isRate ? ticks : 1)
    }
    return result
  }
}

/// A population whose spikes are counted.
struct SpikingPopulation: Sendable {
  /// The name.
  var name: String
  /// The step.
  var step: Int
  /// The connections that a spike of each neuron reaches: one a position, or one a neuron.
  var fanOut: [Int]
  /// `true` iff the neurons of a position differ in their fan-out.
  var differsByChannel: Bool
  /// `true` iff a unit counts as its binary digits.
  var countsDigits: Bool
  /// The number of neurons.
  var neurons: Int

  /// Creates the description from the fan-out of every neuron, [positions, channels].
  init(_ population: Population, step: Int, fanOut: [Int]) {
    let channels = population.shape.channels
    name = population.name
    self.step = step
    neurons = fanOut.count
    countsDigits = population.code.isWeighted
    differsByChannel = fanOut.indices.contains { fanOut[$0] != fanOut[$0 - $0 % channels] }
    self.fanOut =
      differsByChannel
      ? fanOut : stride(from: 0, to: fanOut.count, by: channels).map { fanOut[$0] }
  }
}

extension Population {

  /// `true` iff what the population emits counts as spikes.
  var isSpiking: Bool {
    switch model {
    case .integrateAndFire, .leaky, .currentBased, .bitShift, .staircase, .maximum: true
    case .source, .relay, .integrator: false
    }
  }
}
