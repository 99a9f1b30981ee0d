// Drift that is taken out of results: of outputs, and of the unit column, which is none of them.

import HardwareTargets
import Kernels
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import Crossbar

@Suite struct DriftFactorTests {

  /// Devices whose exponents are the same for all cells, or depend on what a cell was set to.
  private static func devices(slope: Double) -> DeviceModel {
    var model = DeviceModel()
    let still = ConductanceDrift.Line(slope: 0, offset: 0, least: 0, most: 0)
    let line = ConductanceDrift.Line(slope: slope, offset: 0.05, least: 0.01, most: 0.2)
    model.drift = ConductanceDrift(mean: line, deviation: still, start: 20)
    model.compensation = .column
    return model
  }

  private static func arrays(_ model: DeviceModel) throws -> EmulatedArrays {
    let target = TargetDescription.arrays(rows: 32, columns: 32, mapping: "offset-unit-column")
    return EmulatedArrays(
      features: try ArrayFeatures.all(of: target)[0], reading: ReadParameters(), devices: model)
  }

  @Test func factorsAreThoseOfSingleColumns() throws {
    let arrays = try Self.arrays(Self.devices(slope: -0.03))
    let (rows, outputs) = (6, 3)
    let cells = HeldCells(
      variedNumbers(rows * outputs, seed: 3), outputs: outputs, scale: 1, arrays,
      chip: RandomField(1))
    #expect(cells.hasUnitColumn)
    let before = cells.sums(after: nil, run: RandomField(2))
    let now = cells.sums(after: 86_400, run: RandomField(2))
    func ratio(_ column: Int) -> Float {
      func sum(_ values: [Float]) -> Float {
        (0..<rows).reduce(0) { $0 + abs(values[$1 * (outputs + 1) + column]) }
      }
      return sum(before) / sum(now)
    }
    let factors = cells.compensation(of: now)
    #expect(factors.block == 1 && factors.outputs.count == outputs)
    for o in 0..<outputs { #expect(abs(factors.outputs[o] - ratio(o)) < 1e-5) }
    #expect(abs(factors.unit - ratio(outputs)) < 1e-5)
    #expect(Set(factors.outputs + [factors.unit]).count == outputs + 1)
  }

  /// What all cells lose alike is taken out altogether, of the offset as well.
  @Test(arguments: [DriftCompensation.column, .global]) func driftOfAllCellsIsTakenOut(
    _ compensation: DriftCompensation
  ) throws {
    var graph = ANNGraph(name: "dense")
    let input = try graph.add("input", .input, shape: [20])
    let kernel = graph.tensors.add("kernel", shape: [20, 4], floats: variedNumbers(80, seed: 5))
    graph.outputs = [try graph.add("dense", .dense(Dense(kernel: kernel, bias: nil)), [input])]
    let layout = try CrossbarEmulatorTests.layout(graph, mapping: "offset-unit-column")
    var options = CrossbarEmulatorTests.ideal()
    options.devices = Self.devices(slope: 0)
    options.devices?.compensation = compensation
    options.seconds = 1e6
    let vector = variedNumbers(20, seed: 6).map { abs($0) }
    let found = try CrossbarEmulator(graph, layout, options).executor.run([vector])[0]
    let exact = try ANNExecutor(graph).run([vector])[0]
    for (a, b) in zip(found, exact) { #expect(abs(a - b) < 2e-5) }
    options.devices?.compensation = .none
    let drifted = try CrossbarEmulator(graph, layout, options).executor.run([vector])[0]
    #expect(zip(drifted, exact).contains { abs($0 - $1) > 1e-2 })
  }
}
