// Leaky neurons that say the values of a soft-lif.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR

/// What leaky neurons have beyond the constants of their response.
struct LeakyOptions: Sendable {

  /// The length of a tick, seconds.
  let dt: Float
  /// The filter of the spikes that arrive.
  let synapse: LeakyIntegrateAndFire.Synapse
  /// The synapse's time constant, seconds.
  let tauSynapse: Float

  /// Reads the options of `convert`.
  init(_ arguments: PassArguments) {
    dt = Float(arguments.number("dt"))
    synapse = LeakyIntegrateAndFire.Synapse(rawValue: arguments.word("synapse")) ?? .none
    tauSynapse = Float(arguments.number("tau-synapse"))
  }
}

extension Converter {

  /// Returns the value of new leaky neurons that say the response of `node`, a soft-lif, to
  /// `value`.
  mutating func leaked(_ node: Node, _ value: SpikingSum) throws(Diagnostic) -> SpikingSum {
    guard case .softLIF(let op) = node.op else {
      preconditionFailure("internal: '\(node.op.mnemonic)' was planned as leaky neurons")
    }
    guard builder.code.isRate else {
      throw .error(
        "convert.leaky-code", "leaky neurons say rates, not the code '\(builder.code)'",
        notes: ["write convert{code=rate}, or leave out the pass 'soften'"], exitCode: .usage)
    }
    let gain = try source.tensors.floats(op.gain)
    let amplitude = try source.tensors.floats(op.amplitude)
    var shifted = value
    if let offset = op.offset {
      shifted.offset = sum(value.offset, try source.tensors.floats(offset))
    }
    let population = try builder.addLeakyNeurons(
      node.name, saying: shifted, threshold: gain.map { 1 / $0 },
      quantum: amplitude.map { $0 / leaky.dt }, layer: node.name
    ) { threshold, initial in
      LeakyIntegrateAndFire(
        threshold: threshold, initial: initial, tauRC: op.tauRC / leaky.dt,
        tauRef: op.tauRef / leaky.dt, synapse: leaky.synapse,
        tauSynapse: leaky.tauSynapse / leaky.dt, dt: leaky.dt)
    }
    return SpikingSum(
      terms: [SpikingTerm(source: population, map: .direct(factor: [1]))], layout: value.layout)
  }
}
