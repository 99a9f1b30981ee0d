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
      behind them is left to the decoder. Where outputs are read by counts or first spikes
      (`decoder`), they are neurons that fire, signed for counts; `calibrate{outputs=true}` sets
      their thresholds. First spikes behind leaky neurons are a warning (convert.leaky-first-spike).
      A `soft-lif` becomes a population of leaky neurons under `rate`: their threshold is 1/gain,
      the value of a neuron that fires in every tick of dt seconds amplitude/dt.
      Before: %1 = conv2d %0 {kernel=%t0, bias=%t1}
              %2 = activation %1 {kind=relu} threshold %t2
      After:  population 'relu' if {threshold=%t5} bias %t4
              projection 'input->relu' conv {weights=%t3}
      Neurons start at half their threshold unless `initial` says otherwise: it makes rounding out
      of cutting off.
      Under `rate` a spike that came too early, before what inhibits it, cannot be undone, unless
      rectifiers take spikes back (`retraction`): they emit negative units as long as those
      emitted so far add up to more than 0. The counts then follow the input. Both options are for
      integrate-and-fire neurons: with leaky ones they are refused; staircases take units back
      by themselves.
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
      try refuseUnused(arguments, code, plan)
      var converter = Converter(graph, plan, code, arguments, context.preprocessing)
      return try converter.convert()
    }
    if plan.roles.contains(.leaky),
      arguments.word("decoder") == Decoder.Reading.firstSpike.rawValue
    {
      context.sink.report(.leakyFirstSpike())
    }
    context.reference = graph
    context.count("populations", of: "convert", by: spiking.populations.count)
    context.count("projections", of: "convert", by: spiking.projections.count)
    program = .snn(spiking)
  }
}

/// Throws if an option asks for what neither the code nor the neurons have.
///
/// - Throws: `convert.needs-rate`, `convert.leaky-option`.
private func refuseUnused(
  _ arguments: PassArguments, _ code: SpikeCode, _ plan: SpikingPlan
) throws(Diagnostic) {
  let retracts = arguments.number("retraction") >= 0
  if !code.isRate {
    let (encoder, decoder) = (arguments.word("encoder"), arguments.word("decoder"))
    if encoder != Encoder.Kind.constant.rawValue { throw .needsRate("encoder=\(encoder)", code) }
    if decoder == Decoder.Reading.firstSpike.rawValue {
      throw .needsRate("decoder=\(decoder)", code)
    }
    if retracts { throw .needsRate("retraction", code) }
  }
  guard plan.roles.contains(.leaky) else { return }
  if retracts { throw .leakyOption("retraction", "do not take spikes back") }
  if arguments.number("initial") != 0.5 {
    throw .leakyOption("initial", "begin with potentials that differ from channel to channel")
  }
}

extension Diagnostic {

  /// Returns an error about an option that only the code `rate` knows.
  fileprivate static func needsRate(_ option: String, _ found: SpikeCode) -> Diagnostic {
    .error(
      "convert.needs-rate", "'\(option)' needs the code 'rate', found '\(found)'",
      exitCode: .usage)
  }

  /// Returns an error about an option that leaky neurons do not have.
  fileprivate static func leakyOption(_ option: String, _ reason: String) -> Diagnostic {
    .error(
      "convert.leaky-option", "'\(option)' is for 'if' neurons: leaky ones \(reason)",
      notes: ["leave out '\(option)', or the pass 'soften'"], exitCode: .usage)
  }

  /// Returns a warning about outputs of leaky neurons that are read by first spikes.
  fileprivate static func leakyFirstSpike() -> Diagnostic {
    .warning(
      "convert.leaky-first-spike",
      "outputs are read by first spikes, which say little behind leaky neurons: these begin at all "
        + "potentials, and their synapses pass an input on late and bit by bit",
      notes: ["counts and potentials lose nothing like it: --decoder count, or leave it out"])
  }
}
