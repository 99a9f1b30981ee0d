// Which machines this backend lays networks out on.

package import HardwareTargets

extension TargetDescription {

  /// Whether networks can be laid out on the machine's cores, and its cores be emulated: cores that
  /// take ticks together and send spikes to each other.
  package var hasSpikingCores: Bool {
    let sendsSpikes = topology.network.delivery != .denseVector && topology.network.kind != .none
    return time.model == .tick && sendsSpikes && cores.contains { $0.neuron != nil }
  }
}
