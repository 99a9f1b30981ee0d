// The speed of emulated cores, against that of the event engine on the same network.

import Diagnostics
import EventCPU
import HardwareTargets
import NeuroCore
import SpikeExecution
import SpikeIR

/// Runs a network on the emulated cores of a machine and on the event engine.
func measureEmulation(
  _ network: LegalNetwork, on target: TargetDescription, images: Int
) throws(CompileError) {
  let allocation = try network.allocation(on: target)
  let emulator = try MeshEmulator(loading: allocation)
  let engine = try EventEngine(lowering: network.graph)
  for threads in [1, 2] {
    var (watch, best) = (Stopwatch(), Double.infinity)
    let result = try watch.measure("emulator") { () throws(CompileError) in
      try emulator.run(
        count: images, options: RunOptions(threads: threads),
        input: { network.image($0) }, progress: { _ in })
    }
    best = min(best, result.run.wallSeconds)
    // The engine is quick: the best of several runs.
    var engineSeconds = Double.infinity
    var engineProcessor = Double.infinity
    for _ in 0..<5 {
      let (start, used) = (ContinuousClock.now, processorSeconds())
      _ = try engine.run(
        count: 4 * images, options: RunOptions(threads: threads),
        input: { network.image($0) }, progress: { _ in })
      engineSeconds = min(engineSeconds, (ContinuousClock.now - start) / .seconds(1))
      engineProcessor = min(engineProcessor, processorSeconds() - used)
    }
    let step = watch.steps[0]
    let report = result.report
    line([
      ("measure", .text("emulator")), ("network", .text(network.name)),
      ("target", .text(target.id)), ("threads", .count(threads)), ("images", .count(images)),
      ("cores", .count(allocation.cores.count)),
      ("stepsPerImage", .number(Double(report.steps) / Double(images))),
      ("spikesPerImage", .number(Double(report.spikes) / Double(images))),
      ("packetsPerImage", .number(Double(report.packets) / Double(images))),
      ("hopsPerImage", report.hops.map { .number(Double($0) / Double(images)) } ?? .unknown),
      (
        "synapticOperationsPerImage",
        .number(Double(report.synapticOperations) / Double(images))
      ),
      ("ticksPerSecond", .number(Double(report.steps) / best)),
      ("imagesPerSecond", .number(Double(images) / best)),
      ("imagesPerProcessorSecond", .number(Double(images) / step.processor)),
      (
        "gigaOperationsPerProcessorSecond",
        .number(Double(report.synapticOperations) / step.processor / 1e9)
      ),
      ("engineImagesPerSecond", .number(Double(4 * images) / engineSeconds)),
      ("engineImagesPerProcessorSecond", .number(Double(4 * images) / engineProcessor)),
    ])
  }
}
