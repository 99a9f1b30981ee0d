// The pass `convert`: from tensor operators to populations and projections.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Turns a calibrated network of tensor operators into a spiking network.
  package static let convert = Pass(
    name: "convert",
    summary: "turn tensor operators into populations and projections",
    details: """
      Rectifiers become populations of integrate-and-fire neurons, whose unit is
      threshold/levels (`rate`: threshold). Weights lead from population to population and are
      multiplied by the unit of their source, so that potentials have the scale of activations.
      Other activations become populations of staircases: values in whole units, and the
      thresholds at which the function crosses the middles between them, found to the last digit
      (`rate`: T times these). A function may fall before it rises, as swish does.
      Linear operators in between are carried along as sums: an addition merges the projections
      of its operands, a scale multiplies them, a bias stays with the population. Where a sum
      itself must be said in spikes (the input of a convolution or pooling that is not a
      rectifier's output), signed neurons are put in. Average pooling, concatenation, padding,
      cropping, repetition and permutation become relays; maximum pooling becomes a population
      of maxima over what neurons have said. Outputs become readouts; a softmax, sigmoid or tanh
      behind them is left to the decoder.
      A `soft-lif` becomes a population of leaky neurons under `rate`: their threshold is 1/gain,
      the value of a neuron that fires in every tick of dt seconds amplitude/dt.
      Before: %1 = conv2d %0 {kernel=%t0, bias=%t1}
              %2 = activation %1 {kind=relu} threshold %t2
      After:  population 'relu' if {threshold=%t5} bias %t4
              projection 'input->relu' conv {weights=%t3}
      All operators that have no counterpart are reported together.
      Source: Rueckauer et al. (2017), section 2.2; Stöckl and Maass (2021) for `weighted`.
      """,
    options: [
      PassOption(
        "code", .word(["rate", "phased", "weighted"]), default: "weighted", "the spike code"),
      PassOption(
        "timesteps", .integer(1...4096), default: "6", "T of rate and phased, K of weighted"),
      PassOption(
        "input-levels", .integer(1...32767), default: "255", "the resolution of the encoder"),
      PassOption(
        "dt", .number(0.00001...0.1), default: "0.001",
        "the length of a leaky neuron's tick, seconds"
      ),
      PassOption(
        "synapse", .word(LeakyIntegrateAndFire.Synapse.allCases.map(\.rawValue)), default: "none",
        "the filter of the spikes that leaky neurons receive"),
      PassOption(
        "tau-synapse", .number(0.0001...1), default: "0.005", "its time constant, seconds"),
    ],
    requires: .ann, establishes: .snn
  ) { (program, arguments, context) throws(CompileError) in
    guard case .ann(let graph) = program else { return }
    let plan = SpikingPlan(graph)
    if !plan.obstacles.isEmpty { throw CompileError(plan.obstacles.map(\.diagnostic)) }
    let spiking = try liftingDiagnostic { () throws(Diagnostic) in
      let code = try SpikeCode(
        keyword: arguments.word("code"), timesteps: arguments.integer("timesteps"))
      var converter = Converter(graph, plan, code, arguments, context.preprocessing)
      return try converter.convert()
    }
    context.reference = graph
    context.count("populations", of: "convert", by: spiking.populations.count)
    context.count("projections", of: "convert", by: spiking.projections.count)
    program = .snn(spiking)
  }
}
