// Tables of networks laid out in random ways: right as they are built, the same after they were
// written and read, and wrong, in words, after any change.

import Diagnostics
import HardwareTargets
import SpikeIR
import TestSupport
import Testing

@testable import NeuroCore

struct AllocationTests {

  /// Returns a random network, laid out at random.
  private func allocation(_ seed: UInt64, latency: Int = 1) throws -> Allocation {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(
      using: &random, options: SpikingGraphOptions(codes: [.rate(timesteps: 8)]))
    let target = TargetDescription.unlimited(latency: latency)
    let mapped = randomLayout(of: graph, on: target, cores: 12, using: &random)
    return try Allocation(of: mapped, on: target, cores: entries(of: mapped)).placed()
  }

  @Test(arguments: 0..<60) func isRight(seed: UInt64) throws {
    let allocation = try allocation(seed, latency: Int(seed % 3))
    #expect(try AllocationCheck.findings(of: allocation) == [])
  }

  @Test(arguments: 0..<60) func readsBack(seed: UInt64) throws {
    let allocation = try allocation(seed)
    var read = try Allocation(
      reading: bytes(of: allocation), of: allocation.graph, on: allocation.target)
    read.mapped.target = allocation.mapped.target
    #expect(read == allocation)
  }

  private func bytes(of allocation: Allocation) -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: allocation.tables.map { ($0.name, Array($0.text.utf8)) })
  }

  /// Any number that is changed by one, in any table, is noticed; but neurons may move to places of
  /// their core that are free.
  @Test(arguments: 0..<300) func noticesChanges(seed: UInt64) throws {
    let allocation = try allocation(seed % 10)
    var random = SplitMix64(seed: 1000 + seed)
    var tables = bytes(of: allocation)
    let names = ["cores.csv", "slices.csv", "axons.csv", "routes.csv"]
    let name = names[random.int(0...names.count - 1)]
    var lines = String(decoding: tables[name] ?? [], as: UTF8.self).split(separator: "\n")
    guard lines.count > 1 else { return }
    let line = random.int(1...lines.count - 1)
    var fields = lines[line].split(separator: ",", omittingEmptySubsequences: false)
    let columns = fields.indices.filter {
      Int(fields[$0]) != nil
        && lines[0].split(separator: ",")[$0] != "first"
    }
    let column = columns[random.int(0...columns.count - 1)]
    let old = Int(fields[column]) ?? 0
    fields[column] = "\(old + (random.chance(0.5) || old == 0 ? 1 : -1))"
    lines[line] = fields.joined(separator: ",")[...]
    tables[name] = Array((lines.joined(separator: "\n") + "\n").utf8)
    #expect(try findings(in: tables, of: allocation) != [], "\(name): \(lines[line])")
  }

  @Test(arguments: 0..<60) func noticesMissingLines(seed: UInt64) throws {
    let allocation = try allocation(seed % 10)
    var random = SplitMix64(seed: 2000 + seed)
    var tables = bytes(of: allocation)
    let names = ["cores.csv", "slices.csv", "axons.csv", "routes.csv"]
    let name = names[random.int(0...names.count - 1)]
    var lines = String(decoding: tables[name] ?? [], as: UTF8.self).split(separator: "\n")
    guard lines.count > 1 else { return }
    lines.remove(at: random.int(1...lines.count - 1))
    tables[name] = Array((lines.joined(separator: "\n") + "\n").utf8)
    #expect(try findings(in: tables, of: allocation) != [], "\(name)")
  }

  @Test func needsAllTables() throws {
    let allocation = try allocation(0)
    var tables = bytes(of: allocation)
    tables["routes.csv"] = nil
    let error = #expect(throws: CompileError.self) {
      try Allocation(reading: tables, of: allocation.graph, on: allocation.target)
    }
    #expect(error?.diagnostics.map(\.id) == ["tables.missing"])
  }

  /// Weights that registers do not hold are found, whichever layer they belong to.
  @Test func noticesWideWeights() throws {
    var network = LayeredNetwork("weights", input: [16])
    network.addDense("dense", 8)
    let graph = network.end(classes: 2)
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let partition = try Partition.make(graph, target)
    var allocation = try Allocation(of: partition, on: target).placed()
    #expect(try AllocationCheck.findings(of: allocation) == [])
    // Both signs leave one bit less: -1, 0 and 1 of three bits, nothing but 0 of one.
    allocation.target.cores[0].synapse?.weight.bits = 3
    allocation.target.cores[0].synapse?.weight.min = nil
    allocation.target.cores[0].synapse?.weight.max = nil
    let found = try AllocationCheck.findings(of: allocation)
    #expect(Set(found.map(\.id)) == ["check.weight-range"] && found.count == 2)
    #expect(found.first?.message.contains("holds -2...1") == true)
  }

  /// What is said of the memory is what the partition has counted.
  @Test(arguments: ["loihi1", "generic-mesh", "spinnaker1"]) func summaryOfMemory(name: String)
    throws
  {
    let target = try #require(TargetDescription.builtIn(name))
    var network = LayeredNetwork("memory", input: [6, 6, 2])
    network.addConv("conv", 6, kernel: 3)
    let partition = try Partition.make(network.end(classes: 3), target)
    let summary = try Allocation(of: partition, on: target).placed().summary
    #expect(summary.unchecked == partition.statistics.unchecked)
    let (found, expected) = (summary.padding, partition.statistics.padding)
    #expect((found == nil) == (expected == nil))
    if let found, let expected { #expect(abs(found - expected) < 1e-12 && found >= 0) }
    if name == "loihi1" { #expect(try #require(found) > 0, "lists begin at words") }
  }

  /// Numbers out of range are refused for what they are.
  @Test func namesRanges() throws {
    let allocation = try allocation(0)
    func message(_ column: Int, _ value: String) -> String? {
      var tables = bytes(of: allocation)
      let text = String(decoding: tables["slices.csv"] ?? [], as: UTF8.self)
      let lines = text.split(separator: "\n").enumerated().map { number, line in
        var fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if number > 0 { fields[column] = value }
        return fields.joined(separator: ",")
      }
      tables["slices.csv"] = Array((lines.joined(separator: "\n") + "\n").utf8)
      do throws(CompileError) {
        _ = try Allocation(reading: tables, of: allocation.graph, on: allocation.target)
        return nil
      } catch {
        return error.diagnostics.first?.message
      }
    }
    let start = message(3, "1000000000")
    #expect(start?.contains("accepted range is [0, 1048575]") == true, "\(start ?? "")")
    let first = message(2, "9000000000000000000")
    #expect(first?.contains("a whole number in [0, 1099511627776]") == true, "\(first ?? "")")
  }

  /// Returns what reading or checking finds.
  private func findings(
    in tables: [String: [UInt8]], of allocation: Allocation
  ) throws -> [Diagnostic] {
    let read: Allocation
    do {
      read = try Allocation(reading: tables, of: allocation.graph, on: allocation.target)
    } catch {
      return error.diagnostics
    }
    return try AllocationCheck.findings(of: read, readFrom: tables)
  }
}
