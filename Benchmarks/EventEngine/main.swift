// Counts first, times second: what the event engine does on a synthetic network, and how fast.

import Diagnostics
import EventCPU
import SpikeExecution
import SpikeIR
import TestSupport

#if canImport(Glibc)
  import Glibc
#endif

/// The processor time that the process has used, seconds: what a busy machine does not spoil.
func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// Runs a network and prints its counts and its speed.
func measure(_ code: SpikeCode, images: Int, threads: Int) throws(CompileError) {
  let graph = fashionNetwork(code)
  let engine = try EventEngine(lowering: graph)
  var random = SplitMix64(seed: 3)
  let inputs = (0..<8).map { _ in [chainImage([28, 28, 1], &random)] }
  var best: RunResult?
  var seconds = Double.infinity
  for _ in 0..<300 {
    let start = processorSeconds()
    let result = try engine.run(
      count: images, options: RunOptions(threads: threads), input: { inputs[$0 % 8] },
      progress: { _ in })
    best = result
    seconds = min(seconds, (processorSeconds() - start) / Double(threads))
  }
  guard let best else { return }
  let operations = best.populations.reduce(0) { $0 + $1.synapticOperations }
  print("\(code), \(threads) threads, \(images) images")
  for population in best.populations {
    let rate = Double(population.spikes) / Double(population.neurons * best.ticks)
    print(
      "  \(population.name): \(rounded(rate)) spikes a neuron and tick, "
        + "\(population.synapticOperations / images) operations an image")
  }
  print(
    "  \(rounded(Double(images) / seconds)) images/s, "
      + "\(rounded(seconds / Double(best.ticks) * 1e6)) µs a tick, "
      + "\(rounded(Double(operations) / seconds / 1e9)) G synaptic operations/s, "
      + "\(rounded(Double(images) * 9.15e-3 / seconds)) G products/s if dense")
}

func rounded(_ x: Double) -> Double { (x * 1000).rounded() / 1000 }

let arguments = CommandLine.arguments
let threads = arguments.count > 1 ? Int(arguments[1]) ?? 1 : 1
let codes: [(SpikeCode, images: Int)] = [
  (.rate(timesteps: 64), 1), (.phased(timesteps: 32), 16), (.weighted(bits: 4), 16),
]
do throws(CompileError) {
  for (code, images) in codes where arguments.count < 3 || arguments[2] == code.keyword {
    try measure(code, images: images * threads, threads: threads)
  }
} catch {
  for diagnostic in error.diagnostics { print(diagnostic) }
}
