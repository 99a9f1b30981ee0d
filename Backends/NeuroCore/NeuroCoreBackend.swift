// Which machines this backend lays networks out on.

package import HardwareTargets

extension TargetDescription {

  /// Whether networks can be laid out on the machine's cores, and its cores be emulated: cores that
  /// send spikes to each other, in ticks that they take together or as they come.
  package var hasSpikingCores: Bool {
    let sendsSpikes = topology.network.delivery != .denseVector && topology.network.kind != .none
    let acts = time.model == .tick || time.model == .event
    return acts && sendsSpikes && cores.contains { $0.neuron != nil }
  }
}
