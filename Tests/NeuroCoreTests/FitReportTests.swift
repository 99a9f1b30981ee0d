// Why networks do not fit, and what would make them.

import Diagnostics
import SpikeIR
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

@Suite struct FitReportTests {

  private func report(
    _ graph: SpikingGraph, _ target: TargetDescription, _ options: Partition.Options = .init()
  ) throws -> FitReport? {
    guard case .doesNotFit(let report) = try Partition.attempt(graph, target, options) else {
      return nil
    }
    return report
  }

  /// 16 → 32 channels, kernels of 3×3, an image of 64×64: the kernels fit, the neurons fit no core.
  @Test func largeImageOnSpeck() throws {
    let target = try #require(TargetDescription.builtIn("speck2"))
    var network = LayeredNetwork("speck", input: [16, 16, 2])
    network.addPool("small", size: 1)
    var wide = LayeredNetwork("wide", input: [64, 64, 16])
    wide.addConv("conv", 32, kernel: 3)
    let graph = wide.end(classes: 4)
    let report = try #require(try report(graph, target))
    let conv = try #require(report.layers.first { $0.name == "conv" })
    #expect(conv.attempts.count == target.cores.count)
    for attempt in conv.attempts {
      let kernel = try #require(attempt.uses.first { $0.name == "kernelWords" })
      let neurons = try #require(attempt.uses.first { $0.name == "neuronWords" })
      #expect(kernel.used == 8 << 10 && !kernel.isExceeded)
      #expect(neurons.used == 128 << 10 && neurons.isExceeded)
    }
    #expect(conv.binding == "neuronWords")
    // 64 Ki words hold 16 channels of 4,096 neurons.
    #expect(conv.changes.contains(.channels(16)))
    #expect(!conv.changes.contains { if case .kernel = $0 { true } else { false } })
    let error = report.error
    #expect(error.exitCode == .doesNotFit)
    #expect(error.diagnostics.contains { $0.message.contains("131072 neuronWords") })
    #expect(report.text.contains("neuronWords"))
  }

  /// 9 outputs where the class of cores that has outputs holds 8: hidden neurons are no reason.
  @Test func outputsOnCoresOfTheirOwn() throws {
    var network = LayeredNetwork("outputs", input: [1, 1, 8])
    network.addDense("hidden", 20)
    var graph = network.end(classes: 9)
    for id in graph.populations.ids where graph[id].model != .source {
      let isOutput = graph.decoders.contains { $0.population == id }
      let threshold = graph.tensors.add(
        Tensor("threshold", shape: [1], data: .int32([100])))
      graph[id].model = .bitShift(
        BitShiftLeaky(
          threshold: threshold, currentShift: 3, potentialShift: 5,
          mostSpikes: isOutput ? 1 : 31))
    }
    let target = try #require(TargetDescription.builtIn("xylo"))
    let report = try #require(try report(graph, target))
    #expect(report.layers.map { graph[$0.population].shape.count } == [9])
    #expect(report.layers[0].binding == "neurons" && report.layers[0].changes == [.channels(8)])
    #expect(report.error.diagnostics[0].message.contains("takes 9 neurons, a core has 8"))
    for id in graph.populations.ids {
      guard case .bitShift(var model) = graph[id].model else { continue }
      model.mostSpikes = 30
      graph[id].model = .bitShift(model)
    }
    do {
      _ = try Partition.attempt(graph, target, .init())
      Issue.record("neurons that no core has were laid out")
    } catch {
      let found = (error as? CompileError)?.diagnostics.map(\.id)
      #expect(found == ["mapping.no-such-neurons"])
    }
  }

  /// A neuron with more inputs than a core has axons.
  @Test func fanIn() throws {
    var network = LayeredNetwork("fan-in", input: [8, 8, 100])
    network.addDense("wide", 10)
    let graph = network.end(classes: 4)
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let report = try #require(try report(graph, target))
    #expect(report.layers.map(\.name) == ["wide"])
    let layer = report.layers[0]
    #expect(layer.binding == "inAxons")
    #expect(layer.attempts[0].tile == TileShape(rows: 1, columns: 1, channels: 1))
    #expect(layer.attempts[0].uses.first { $0.name == "inAxons" }?.used == 6400)
    // 64 positions: 4,096 axons are 64 channels.
    #expect(layer.changes == [.inputChannels(64), .fanInParts(2, most: 4000)])
  }

  /// Weights that are too wide for the memory of a small core.
  @Test func weightBits() throws {
    var network = LayeredNetwork("bits", input: [64])
    network.addDense("dense", 4)
    let graph = network.end(classes: 2)
    var target = try #require(TargetDescription.builtIn("loihi1"))
    // 64 lists of one synapse take a word each, whatever the bits, so a list must be longer.
    target.cores[0].accounting = CoreClass.Accounting(
      algorithm: .bytes, parameters: [:], options: ["synapseMemory": "sramBytes"])
    target.cores[0].resources["sramBytes"] = Quantity(32)
    let report = try #require(try report(graph, target))
    #expect(report.layers.map(\.name) == ["dense"])
    #expect(report.layers[0].binding == "sramBytes")
    // 64 weights in 32 bytes are 4 bits each; 32 inputs of 8 bits do too.
    #expect(
      report.layers[0].changes == [.weightBits(4), .inputChannels(32), .fanInParts(2, most: 32)])
  }

  /// An image of one channel that is flattened: its pixels can be added up in parts, rows of the image
  /// together.
  @Test func partsOfPixels() throws {
    var network = LayeredNetwork("flat", input: [28, 28, 1])
    network.addDense("dense", 16)
    let graph = network.end(classes: 2)
    var target = try #require(TargetDescription.builtIn("generic-mesh"))
    target.cores[0].resources["sramBytes"] = Quantity(600)
    let report = try #require(try report(graph, target))
    #expect(report.layers.map(\.name) == ["dense"])
    // 600 bytes are less than 784 weights and the neuron's own, and hold 21 rows of 28.
    #expect(report.layers[0].changes == [.fanInParts(2, most: 588)])
    let text = try #require(report.layers[0].changes.first?.text)
    #expect(text.contains("2 parts") && text.contains("split-fan-in{most=588}"))
    target.cores[0].resources["sramBytes"] = Quantity(30)
    let none = try #require(try self.report(graph, target))
    #expect(none.layers[0].changes == [], "what adds up more parts than fit does not fit itself")
  }

  /// The numbers behind the error: a table, and the same as values.
  @Test func members() throws {
    var network = LayeredNetwork("fan-in", input: [8, 8, 100])
    network.addDense("wide", 10)
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let error = try #require(try report(network.end(classes: 4), target)).error
    let report = try #require(error.report)
    #expect(report.text.contains("inAxons") && report.text.contains("exceeded"))
    #expect(report.members.map(\.name) == ["layers", "shortage"])
    #expect(report.members[1].value == .none)
    guard case .list(let layers) = report.members[0].value,
      case .record(let layer)? = layers.first
    else {
      Issue.record("no layers")
      return
    }
    #expect(layer.map(\.name) == ["name", "shape", "binding", "attempts", "changes"])
    #expect(layer[0].value == .text("wide") && layer[2].value == .text("inAxons"))
    guard case .list(let attempts) = layer[3].value, case .record(let attempt)? = attempts.first,
      case .list(let resources)? = attempt.last?.value
    else {
      Issue.record("no attempts")
      return
    }
    #expect(
      resources.contains(
        .record([
          .init("name", .text("inAxons")), .init("used", .number(6400)),
          .init("available", .number(4096)), .init("isExceeded", .flag(true)),
        ])))
  }

  @Test func maximaAndKernels() throws {
    var network = LayeredNetwork("maxima", input: [8, 8, 4])
    network.addConv("conv", 4, kernel: 5)
    network.addPool("maximum", size: 4, model: .maximum)
    let graph = network.end(classes: 2)
    var target = try #require(TargetDescription.builtIn("loihi1"))
    target.cores[0].resources["neurons"] = Quantity(10)
    target.cores[0].resources["inAxons"] = Quantity(40)
    target.topology.levels[0].count = 1000
    let report = try #require(try report(graph, target))
    #expect(report.layers.map(\.name) == ["conv", "maximum"])
    #expect(report.layers[0].binding == "inAxons")
    #expect(report.layers[0].changes.contains(.kernel(height: 3, width: 3)))
    #expect(report.layers[1].binding == "neurons")
    #expect(report.layers[1].changes.contains(.averagePooling))
  }

  @Test func forcedTiles() throws {
    let graph = plainNetwork(side: 12)
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let conv = try #require(graph.populations.ids.first { graph[$0].name == "conv1" })
    var options = Partition.Options()
    options.forced[conv] = TileShape(rows: 12, columns: 12, channels: 16)
    let report = try #require(try report(graph, target, options))
    #expect(report.layers.map(\.name) == ["conv1"])
    let layer = report.layers[0]
    #expect(layer.binding == "neurons")
    guard case .tile(let tile)? = layer.changes.first else {
      Issue.record("no other tile")
      return
    }
    options.forced[conv] = tile
    let partition = try Partition.make(graph, target, options)
    let slices = partition.mapped.slices.elements.filter { $0.population == conv }
    #expect(slices.allSatisfy { $0.box.rows.count <= tile.rows })
    // Smaller ones may be asked for as well.
    options.forced[conv] = TileShape(rows: 2, columns: 12, channels: 16)
    let flat = try Partition.make(graph, target, options).mapped.slices.elements
    #expect(flat.filter { $0.population == conv }.count == 6)
  }

  @Test func chips() throws {
    let graph = plainNetwork(side: 20)
    var target = try #require(TargetDescription.builtIn("loihi1"))
    target.cores[0].count = 4
    var options = Partition.Options()
    let partition = try Partition.make(graph, target, options)
    #expect(partition.statistics.chips > 2)
    options.chips = partition.statistics.chips - 1
    let report = try #require(try report(graph, target, options))
    #expect(report.layers.isEmpty)
    #expect(report.shortage?.cores == partition.cores.count)
    #expect(report.shortage?.changes.first == .chips(partition.statistics.chips))
    #expect(report.error.diagnostics.map(\.id) == ["fit.cores"])
  }

  /// A board that is too small, of a kind that is joined to larger machines.
  @Test func joinedBoards() throws {
    let graph = plainNetwork(side: 20)
    var target = try #require(TargetDescription.builtIn("spinnaker1"))
    let needed = try Partition.make(graph, target).statistics.chips
    #expect(needed > 2)
    target.topology.levels[0].count = 2
    target.topology.levels[0].joined = Quantity(100)
    let report = try #require(try report(graph, target))
    #expect(report.layers.isEmpty)
    // Whole boards of two chips.
    let count = (needed + 1) / 2 * 2
    #expect(report.shortage?.changes.first == .joined(chips: count, most: 100))
    #expect(report.shortage?.changes.first?.numbers == [count])
    let message = try #require(report.error.diagnostics.first)
    #expect(message.notes.contains { $0.contains("a machine of \(count) chips") })
    var larger = target
    larger.topology.levels[0].count = count
    #expect(try self.report(graph, larger) == nil, "what is offered fits")
    // Never beyond what can be joined.
    for most in [Quantity(Double(count - 1)), Quantity(nil), nil] {
      target.topology.levels[0].joined = most
      let changes = try #require(try self.report(graph, target)?.shortage?.changes)
      #expect(!changes.contains { if case .joined = $0 { true } else { false } })
    }
  }

  /// The smallest slice is also the shape that comes nearest: it is shown once.
  @Test func eachShapeOnce() throws {
    var network = LayeredNetwork("fan-in", input: [8, 8, 100])
    network.addDense("wide", 10)
    let graph = network.end(classes: 4)
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let wide = try #require(graph.populations.ids.first { graph[$0].name == "wide" })
    for forced in [nil, TileShape(rows: 1, columns: 1, channels: 1)] {
      var options = Partition.Options()
      if let forced { options.forced[wide] = forced }
      let layer = try #require(try report(graph, target, options)?.layers.first)
      #expect(Set(layer.attempts.map(\.tile)).count == layer.attempts.count, "\(layer.attempts)")
    }
  }

  /// A neuron that must reach two cores, where it can send to one.
  @Test func destinations() throws {
    var target = try #require(TargetDescription.builtIn("loihi1"))
    target.topology.network.delivery = .unicastSingle
    target.cores[0].resources["neurons"] = Quantity(40)
    var network = LayeredNetwork("single", input: [10])
    network.addDense("wide", 30)
    let report = try #require(try report(network.end(classes: 4), target))
    #expect(report.layers.count == 1)
    target.cores[0].resources["neurons"] = Quantity(60)
    #expect(try self.report(network.end(classes: 4), target) == nil)
  }
}
