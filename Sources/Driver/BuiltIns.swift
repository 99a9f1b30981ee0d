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
    targets: targets,
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

  /// The processors of this machine, machines with cores, machines with arrays.
  private static var targets: [Target] {
    var result = [
      Target(
        name: "cpu", backend: "event-cpu",
        summary: "event-driven execution on the processors of this machine")
    ]
    for machine in TargetDescription.builtIn where machine.hasSpikingCores {
      result.append(Target(name: machine.id, backend: "neuro-core", summary: machine.title))
    }
    for machine in TargetDescription.builtIn where machine.usesArrays {
      result.append(Target(name: machine.id, backend: "crossbar", summary: machine.title))
    }
    return result
  }
}
