// Many reads of one vector on emulated arrays, for comparison with other simulators: a dense layer
// is laid out and programmed as a network's would be, and what is read is written to a file.
//
//   analog-reads MACHINE.json ROWS COLUMNS WEIGHTS INPUT READS CHIPS SECONDS OUT
//
// WEIGHTS, [rows][columns], INPUT, [rows], and OUT, [chips · reads][columns], hold numbers of single
// precision, little-endian. Each chip is programmed anew and read SECONDS after that. Prints JSON.
// Run by analog_reads.py.

import Crossbar
import Diagnostics
import Foundation
import HardwareTargets
import Kernels
import SpikeIR
import SpikeInterpreter
import Synchronization

private struct Request {
  var machine: TargetDescription
  var rows, columns, reads, chips: Int
  var weights, input: [Float]
  var seconds: Double
  var output: String

  init?(_ arguments: [String]) throws {
    guard arguments.count == 9, let rows = Int(arguments[1]), let columns = Int(arguments[2]),
      let reads = Int(arguments[5]), let chips = Int(arguments[6]),
      let seconds = Double(arguments[7]), rows > 0, columns > 0, reads > 0, chips > 0
    else { return nil }
    let text = try String(contentsOfFile: arguments[0], encoding: .utf8)
    machine = try TargetDescription(parsing: text, file: arguments[0])
    (self.rows, self.columns, self.reads, self.chips) = (rows, columns, reads, chips)
    self.seconds = seconds
    weights = try Self.numbers(arguments[3])
    input = try Self.numbers(arguments[4])
    output = arguments[8]
    guard weights.count == rows * columns, input.count == rows else { return nil }
  }

  private static func numbers(_ path: String) throws -> [Float] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        Float(
          bitPattern: UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  /// Returns a dense layer with the weights.
  private func network() throws(Diagnostic) -> ANNGraph {
    var graph = ANNGraph(name: "dense")
    let input = try graph.add("input", .input, shape: [rows])
    let kernel = graph.tensors.add("kernel", shape: [rows, columns], floats: weights)
    graph.outputs = [try graph.add("dense", .dense(Dense(kernel: kernel, bias: nil)), [input])]
    return graph
  }

  /// Reads all chips and writes what was read; returns what is printed.
  func run() throws -> String {
    let graph = try network()
    let matrices = WeightMatrix.all(in: graph)
    let layout = try CrossbarLayout(
      matrices, matrices.map { _ in LayerChoice() }, on: machine,
      arrays: try ArrayFeatures.all(of: machine), mode: .vectors)
    let results = Mutex([Float](repeating: 0, count: chips * reads * columns))
    var (passes, seconds) = (0, 0.0)
    let (columns, input) = (columns, input)
    for chip in 0..<chips {
      var options = EmulationOptions()
      (options.chipSeed, options.runSeed) = (UInt64(chip), UInt64(chips + chip))
      options.seconds = self.seconds
      let emulator = try CrossbarEmulator(graph, layout, options)
      let first = chip * reads
      let start = ContinuousClock.now
      try emulator.executor.forEachSample(
        count: reads, threads: 1, input: { _ in [input] }
      ) { sample, outputs in
        results.withLock {
          for c in 0..<columns { $0[(first + sample) * columns + c] = outputs[0][c] }
        }
      }
      seconds += (ContinuousClock.now - start) / .seconds(1)
      passes += emulator.counts.reduce(0) { $0 + $1.reads.passes }
    }
    let bits = results.withLock { $0.map { $0.bitPattern.littleEndian } }
    try bits.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: output)) }
    return
      "{\"passesPerRead\":\(Double(passes) / Double(chips * reads)),\"seconds\":\(seconds)}"
  }
}

do {
  if let request = try Request(Array(CommandLine.arguments.dropFirst())) {
    print(try request.run())
  } else {
    print(
      "usage: analog-reads MACHINE.json ROWS COLUMNS WEIGHTS INPUT READS CHIPS SECONDS OUT")
    exit(64)
  }
} catch {
  print("error: \(error)")
  exit(65)
}
