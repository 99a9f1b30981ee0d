// Cores of a tick-based machine, emulated: what runs is the tables, not the graph.

package import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import SpikeExecution
internal import SpikeIR

/// An emulator of the cores of a machine that takes ticks.
///
/// It executes the tables of an `Allocation`: spikes of slices become packets along routes, packets
/// come to axons, axons add weights to the sums of slices of their core, slices integrate, in
/// registers of the machine's width, and fire. As long as no register overflows, what neurons say
/// is what the graph says, `starts` ticks later.
///
/// On machines without ticks, such as Speck, spikes act when they arrive, one after another; what
/// neurons say then depends on the order of spikes, and is not what the graph says.
///
/// What runs is one rule for all machines, `CoreNeurons`, in registers as `RegisterPlan` reads them
/// from the description: sum, wrap or saturate, integrate, wrap or saturate, fire and subtract. The
/// neurons are integrate-and-fire neurons of all kinds, staircases, maxima and integrators: what
/// passes make of a network. On Loihi that is `LoihiNeuron` with a current that lasts a tick (du =
/// 4095, offset 1), a potential that is kept (dv = 0), and the threshold taken away by a second
/// compartment instead of a reset to 0, which a test holds against it bit by bit. `LoihiNeuron`,
/// `TrueNorthNeuron`, `BitShiftNeuron` and the others are the machines' general update rules with
/// decays, leaks and random numbers; they are references with known traces, not what is run here.
package struct MeshEmulator: Sendable {

  /// The tables as they were loaded.
  package let allocation: Allocation
  /// The tables, made ready to run.
  let tables: CoreTables
  /// What models the time of steps.
  let clock: StepClock
  /// The inputs, in the order of the graph's encoders.
  let inputs: [InputEnd]
  /// The outputs, in the order of the graph's decoders.
  let outputs: [OutputSlices]

  /// Loads tables.
  ///
  /// - Parameter allocation: the tables. References to what is not there are refused; anything else
  ///   that is wrong with them is executed as it is.
  /// - Throws: what the verifier finds in the graph; `emulator.not-for-cores`,
  ///   `emulator.unsupported-neuron`, `emulator.bad-table`, `emulator.threshold`,
  ///   `emulator.registers`, `emulator.overflow`, `ir.elided-tensor`.
  /// - Complexity: O(neurons · routes of a slice + weights + relayed connections).
  package init(loading allocation: Allocation) throws(CompileError) {
    var sink = DiagnosticSink()
    sink.report(contentsOf: allocation.graph.verify())
    try sink.throwIfErrors()
    self.allocation = allocation
    let graph = allocation.graph
    let tables = try liftingDiagnostic { () throws(Diagnostic) in try CoreTables(allocation) }
    self.tables = tables
    if allocation.target.time.model == .event { try tables.requireEventNeurons(graph) }
    clock = StepClock(allocation.target, cores: allocation.cores)
    inputs = try liftingDiagnostic { () throws(Diagnostic) in
      var result: [InputEnd] = []
      for (i, encoder) in graph.encoders.enumerated() {
        result.append(try InputEnd(encoder, at: i, graph))
      }
      return result
    }
    outputs = try liftingDiagnostic { () throws(Diagnostic) in
      var result: [OutputSlices] = []
      for decoder in graph.decoders { result.append(try OutputSlices(decoder, graph, tables)) }
      return result
    }
  }

  /// The number of values that `run` returns for an image.
  package var outputCount: Int { outputs.reduce(0) { $0 + $1.end.count } }

  /// The number of ticks of the graph's code.
  package var timesteps: Int { tables.timesteps }

  /// The ticks of the machine that an image takes, for `timesteps` ticks of each population.
  ///
  /// Machines on which spikes act when they arrive take none beside the code's, the beats of their
  /// slow clock.
  package func steps(for timesteps: Int) -> Int {
    isEventOrdered ? timesteps : tables.latestStart + timesteps
  }

  /// Whether spikes act when they arrive.
  var isEventOrdered: Bool { allocation.target.time.model == .event }

  /// Lets a worker execute a tick.
  func run(
    _ worker: inout MeshWorker, tick: Int, duration: Int, observe: MeshWorker.Observer
  ) {
    if isEventOrdered {
      worker.runInOrder(tick: tick, observe: observe)
    } else {
      worker.run(tick: tick, duration: duration, observe: observe)
    }
  }

  /// Prepares a worker for an input.
  ///
  /// - Throws: `emulator.bad-input` if there are not as many values as neurons, or one is no number.
  func begin(_ worker: inout MeshWorker, _ input: [[Float]], image: Int) throws(CompileError) {
    guard input.map(\.count) == inputs.map(\.count) else {
      throw CompileError(.badEmulationInput(input.map(\.count), expected: inputs.map(\.count)))
    }
    if input.contains(where: { $0.contains(where: \.isNaN) }) {
      throw CompileError(.emulationInputNotANumber())
    }
    let none = [[Int32]](repeating: [], count: allocation.graph.populations.count)
    var (trains, levels) = ([SpikeTrain?](repeating: nil, count: none.count), none)
    for (i, end) in inputs.enumerated() {
      let own = end.encode(input[i])
      let p = end.encoder.population.index
      if let train = end.train(saying: own, image: image) {
        trains[p] = train
      } else {
        levels[p] = own
      }
    }
    worker.begin(trains, constant: levels)
  }

  /// Creates the memory of a thread.
  func makeWorker(ticks: Int) -> MeshWorker {
    MeshWorker(tables, cores: allocation.cores.count, ticks: ticks, clock: clock)
  }
}

extension CoreTables {

  /// Refuses neurons that machines without ticks do not have.
  fileprivate func requireEventNeurons(_ graph: SpikingGraph) throws(CompileError) {
    for slice in slices {
      switch slice.program {
      case .fire(let neurons) where !neurons.isSigned && neurons.retractions.isEmpty: continue
      case .integrate: continue
      case .fire, .decay, .shift, .staircase, .maximum:
        let population = graph[slice.population]
        throw CompileError(
          .unsupportedNeuron(population.name, population.model.mnemonic + " without ticks"))
      }
    }
  }
}
