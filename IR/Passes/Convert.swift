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
      Linear operators in between are carried along as sums: an addition merges the projections
      of its operands, a scale multiplies them, a bias stays with the population. Where a sum
      itself must be said in spikes (the input of a convolution or pooling that is not a
      rectifier's output), signed neurons are put in. Average pooling, concatenation, padding,
      cropping, repetition and permutation become relays; maximum pooling becomes a population
      of maxima over what neurons have said. Outputs become readouts; a softmax, sigmoid or tanh
      behind them is left to the decoder. Where outputs are read by counts or first spikes
      (`decoder`), they are neurons that fire, signed for counts; `calibrate{outputs=true}` sets
      their thresholds.
      Before: %1 = conv2d %0 {kernel=%t0, bias=%t1}
              %2 = activation %1 {kind=relu} threshold %t2
      After:  population 'relu' if {threshold=%t5} bias %t4
              projection 'input->relu' conv {weights=%t3}
      Neurons start at half their threshold unless `initial` says otherwise: it makes rounding out
      of cutting off.
      Under `rate` a spike that came too early, before what inhibits it, cannot be undone, unless
      rectifiers take spikes back (`retraction`): they emit negative units as long as those
      emitted so far add up to more than 0. The counts then follow the input.
      All operators that have no counterpart are reported together.
      Source: Rueckauer et al. (2017), section 2.2; Stöckl and Maass (2021) for `weighted`;
      Wang et al. (2022), "Signed Neuron with Memory", for spikes that are taken back.
      """,
    options: [
      PassOption(
        "code", .word(["rate", "phased", "weighted"]), default: "weighted", "the spike code"),
      PassOption(
        "timesteps", .integer(1...4096), default: "6", "T of rate and phased, K of weighted"),
      PassOption(
        "input-levels", .integer(1...32767), default: "255", "the resolution of the encoder"),
      PassOption(
        "encoder", .word(Encoder.Kind.allCases.map(\.rawValue)), default: "constant",
        "how inputs are said; other than constant under rate only"),
      PassOption(
        "seed", .integer(0...Int(Int32.max)), default: "0",
        "where the random numbers of encoders begin"),
      PassOption(
        "decoder", .word(Decoder.Reading.allCases.map(\.rawValue)), default: "potential",
        "what is read of the outputs; first-spike under rate only"),
      PassOption(
        "initial", .number(0...0.999), default: "0.5",
        "the potential of rectifiers before the first input, as a part of the threshold"),
      PassOption(
        "retraction", .number(-1...1), default: "-1",
        "under rate: how far below 0 the potential is, as a part of the threshold, when a rectifier "
          + "takes a spike back; -1 for never"),
    ],
    requires: .ann, establishes: .snn
  ) { (program, arguments, context) throws(CompileError) in
    guard case .ann(let graph) = program else { return }
    let plan = SpikingPlan(graph)
    if !plan.obstacles.isEmpty { throw CompileError(plan.obstacles.map(\.diagnostic)) }
    let spiking = try liftingDiagnostic { () throws(Diagnostic) in
      let code = try SpikeCode(
        keyword: arguments.word("code"), timesteps: arguments.integer("timesteps"))
      for name in ["encoder", "decoder"] where !code.isRate {
        let word = arguments.word(name)
        guard ["constant", "potential", "count"].contains(word) else {
          throw .error(
            "convert.needs-rate", "\(name) '\(word)' needs the code 'rate', found '\(code)'",
            exitCode: .usage)
        }
      }
      var converter = Converter(graph, plan, code, arguments, context.preprocessing)
      return try converter.convert()
    }
    context.reference = graph
    context.count("populations", of: "convert", by: spiking.populations.count)
    context.count("projections", of: "convert", by: spiking.projections.count)
    program = .snn(spiking)
  }
}
