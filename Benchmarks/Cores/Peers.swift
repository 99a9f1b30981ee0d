// A mapped network in the files of another simulator, with what our emulator counts for it.

import Diagnostics
import HardwareTargets
import NeuroCore
import SpikeExecution

#if canImport(Glibc)
  import Glibc
#endif

/// Writes the files of SANA-FE for an image of a network, and prints what the emulator counts.
///
/// The folder exists; how fast the emulator is, in processor time, is printed too.
/// `Benchmarks/sanafe_peer.py` runs the files.
func writeForSANAFE(
  _ network: LegalNetwork, on target: TargetDescription, to folder: String
) throws(CompileError) {
  let allocation = try network.allocation(on: target)
  let emulator = try MeshEmulator(loading: allocation)
  let files = try emulator.sanafe(for: network.image(0))
  write(files.architecture, to: folder + "/arch.yaml")
  write(files.network, to: folder + "/snn.yaml")
  write(files.host, to: folder + "/host.json")
  let once = try emulator.run(
    count: 1, options: RunOptions(threads: 1), input: { network.image($0) }, progress: { _ in })
  let report = once.report
  let images = 50
  let used = processorSeconds()
  _ = try emulator.run(
    count: images, options: RunOptions(threads: 1), input: { _ in network.image(0) },
    progress: { _ in })
  let seconds = processorSeconds() - used
  line([
    ("measure", .text("sanafe")), ("network", .text(network.name)), ("target", .text(target.id)),
    ("cores", .count(allocation.cores.count)), ("steps", .count(report.steps)),
    ("spikes", .count(report.spikes)), ("packets", .count(report.packets)),
    ("hops", report.hops.map { .count($0) } ?? .unknown),
    ("synapticOperations", .count(report.synapticOperations)),
    ("synapses", .count(allocation.summary.synapses)),
    ("synapsesOfWeight0", .count(files.silentSynapses)),
    ("synapticOperationsOfWeight0", .count(files.silentOperations)),
    ("ticksPerSecond", .number(Double(images * report.steps) / seconds)),
  ])
}

private func write(_ text: String, to path: String) {
  guard let file = fopen(path, "w") else { return print("cannot write \(path)") }
  defer { fclose(file) }
  guard fputs(text, file) >= 0 else { return print("cannot write \(path)") }
}
