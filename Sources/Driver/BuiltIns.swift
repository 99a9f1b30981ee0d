// The one list of what comes with spikec: a new frontend, pass or backend is a line here.

internal import EventCPU
internal import HardwareTargets
internal import KerasFrontend
internal import NeuroCore
internal import ONNXFrontend
internal import PluginAPI
internal import SpikePasses

extension Registry {

  /// Everything that comes with spikec.
  package static let builtIn = Registry(
    frontends: [
      KerasFrontend(), ONNXFrontend(),
    ],
    passes: Pass.builtIn,
    targets: [
      Target(
        name: "cpu", backend: "event-cpu",
        summary: "event-driven execution on the processors of this machine")
    ]
      + TargetDescription.builtIn.filter(\.hasSpikingCores).map {
        Target(name: $0.id, backend: "neuro-core", summary: $0.title)
      }
      + TargetDescription.builtIn.filter(\.usesArrays).map {
        Target(name: $0.id, backend: "crossbar", summary: $0.title)
      },
    neurons: [
      NeuronSummary(
        name: "if", summary: "integrate and fire, with reset by subtraction; exact in integers"),
      NeuronSummary(
        name: "lif",
        summary: "leaky integrate and fire, with a refractory time and a synapse; code rate"),
      NeuronSummary(
        name: "levels",
        summary: "say a curved activation, interval by interval of the potential; exact in integers"
      ),
    ])
}
