// What tests of legalizations share: running passes on spiking graphs, and comparing spikes.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

/// Returns what `pipeline` makes of `graph`, verified after each pass, and the context.
func legalized(
  _ graph: SpikingGraph, _ pipeline: String, _ inputs: [[[Float]]]? = nil
) throws(CompileError) -> (graph: SpikingGraph, context: PassContext) {
  var context = PassContext()
  if let inputs { context.calibration = CalibrationInputs(count: inputs.count) { inputs[$0] } }
  var program = Program.snn(graph)
  try Pipeline.parsed(pipeline).run(on: &program, &context, verifiesEach: true)
  guard case .snn(let result) = program else { preconditionFailure("the level changed") }
  return (result, context)
}

extension Pipeline {

  fileprivate static func parsed(_ text: String) throws(CompileError) -> Pipeline {
    do throws(Diagnostic) {
      return try Pipeline(parsing: text, known: Pass.builtIn)
    } catch {
      throw CompileError(error)
    }
  }
}

/// Returns the spiking network that `pipeline` makes of `network` after calibration.
func spiking(
  _ network: ANNGraph, _ pipeline: String, _ inputs: [[[Float]]]
) throws -> SpikingGraph {
  let (program, _) = try compiled(
    network, exact + ",calibrate{method=max}," + pipeline, inputs)
  guard case .snn(let result) = program else { throw TestFailure("not converted") }
  return result
}

/// The units of each population by its name, and the outputs.
struct NamedRun {
  var units: [String: [[Int32]]] = [:]
  var outputs: [[Float]]

  init(_ graph: SpikingGraph, _ input: [[Float]]) throws {
    let result = try ClockSimulator(graph).run(input)
    outputs = result.outputs
    for id in graph.populations.ids {
      units[graph[id].name] = result.trace.units[id.index]
    }
  }
}

/// Expects that populations of the same name emit the same in both graphs, and outputs are equal.
func expectSameSpikes(
  _ a: SpikingGraph, _ b: SpikingGraph, _ inputs: [[[Float]]], tolerance: Float = 0,
  _ location: SourceLocation = #_sourceLocation
) throws {
  for input in inputs {
    let (x, y) = (try NamedRun(a, input), try NamedRun(b, input))
    for (name, units) in x.units {
      guard let other = y.units[name] else { continue }
      #expect(units == other, "units of \(name)", sourceLocation: location)
    }
    for (p, q) in zip(x.outputs.joined(), y.outputs.joined()) {
      #expect(abs(p - q) <= tolerance * abs(p), sourceLocation: location)
    }
    #expect(x.outputs.map(\.count) == y.outputs.map(\.count), sourceLocation: location)
  }
}

/// Returns the ids of the errors that `body` throws; empty if it throws none.
func refusals(_ body: () throws(CompileError) -> Void) -> [String] {
  do throws(CompileError) {
    try body()
    return []
  } catch {
    return error.diagnostics.filter { $0.severity == .error }.map(\.id)
  }
}

extension SpikingGraph {

  /// Returns the population called `name`.
  func population(_ name: String) throws -> Population {
    try #require(populations.elements.first { $0.name == name })
  }
}
