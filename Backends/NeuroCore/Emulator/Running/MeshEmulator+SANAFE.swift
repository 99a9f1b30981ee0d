// The tables as SANA-FE reads them, so that another simulator can run the same mapped network.

package import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import SpikeIR

/// A mapped network as the files of SANA-FE, with what the host does beside them.
package struct SANAFEFiles: Sendable {

  /// The architecture: tiles, cores, and their units, YAML.
  package var architecture: String

  /// The network with the cores of its neurons, YAML: a group for each slice.
  package var network: String

  /// What its files do not say, JSON: when slices begin, with which potentials, their biases for an
  /// image, and what they said here.
  package var host: String

  /// The synapses of weight 0, which are not written.
  package var silentSynapses = 0

  /// How often these were read for the image.
  package var silentOperations = 0
}

extension MeshEmulator {

  /// Returns the tables for SANA-FE, with the currents of an image.
  ///
  /// Its neurons are reset by subtraction themselves, which on Loihi takes a second compartment; they
  /// fire above the threshold. Numbers are those of the registers, but these are not limited there.
  ///
  /// - Parameter input: preprocessed values for each encoder, constant currents.
  /// - Returns: the files.
  /// - Throws: `emulator.bad-input`; `emulator.not-for-sanafe` if neurons do more than integrate and
  ///   fire, spikes take more than a tick, or the host sends spikes.
  /// - Complexity: O(pairs of a neuron and a slice · neurons of the slice).
  package func sanafe(for input: [[Float]]) throws(CompileError) -> SANAFEFiles {
    let rows = Set(allocation.cores.map(\.position.y)).max() ?? 0
    let columns = Set(allocation.cores.map(\.position.x)).max() ?? 0
    var worker = makeWorker(ticks: steps(for: timesteps))
    try begin(&worker, input, image: 0)
    var writer = SANAFEWriter(tables: tables, rows: rows + 1)
    try writer.writeGroups(allocation.graph)
    try writer.writeEdges(&worker)
    writer.writeMappings(allocation)
    let trace = try trace(input)
    return SANAFEFiles(
      architecture: writer.architecture(
        columns: columns + 1, coresPerTile: writer.coresOfTiles.values.max() ?? 1),
      network: writer.text, host: writer.host(worker, trace, timesteps: timesteps),
      silentSynapses: writer.silent, silentOperations: writer.silentOperations(trace))
  }
}

/// What writing the files takes.
private struct SANAFEWriter {

  let tables: CoreTables

  /// The rows of tiles: tiles are numbered column by column.
  let rows: Int

  var text = "network:\n  name: spikec\n  groups:\n"

  /// The synapses of weight 0 of each neuron of each slice.
  private var silentOf: [[Int]]

  /// The cores of each tile so far.
  var coresOfTiles: [Int: Int] = [:]

  init(tables: CoreTables, rows: Int) {
    self.tables = tables
    self.rows = rows
    silentOf = tables.slices.map { [Int](repeating: 0, count: $0.neurons.count) }
  }

  /// The synapses of weight 0.
  var silent: Int { silentOf.joined().reduce(0, +) }

  /// Returns how often synapses of weight 0 were read for an image.
  func silentOperations(_ trace: SpikeTrace) -> Int {
    var result = 0
    for (s, slice) in tables.slices.enumerated() {
      for units in trace.units[slice.population.index] {
        for (place, neuron) in slice.neurons.enumerated() where units[Int(neuron)] != 0 {
          result += silentOf[s][place]
        }
      }
    }
    return result
  }

  mutating func writeGroups(_ graph: SpikingGraph) throws(CompileError) {
    guard tables.emitters.count == tables.slices.count else {
      throw CompileError(.notForSANAFE("spikes from the host"))
    }
    for (s, slice) in tables.slices.enumerated() {
      var thresholds = [Double](repeating: 1e30, count: slice.neurons.count)
      switch slice.program {
      case .integrate: break
      case .fire(let neurons) where !neurons.isSigned && neurons.retractions.isEmpty:
        thresholds = neurons.thresholds.map { Double($0) }
      case .fire, .decay, .shift, .staircase, .maximum:
        let population = graph[slice.population]
        throw CompileError(.notForSANAFE("neurons '\(population.model.mnemonic)'"))
      }
      text += "    - name: s\(s)\n      attributes: [log_spikes: true, soma_hw_name: lif, "
      text += "synapse_hw_name: synapse, dendrite_hw_name: sum]\n      neurons:\n"
      for (i, threshold) in thresholds.enumerated() {
        text += "        - \(i): [soma: {threshold: \(threshold), reset_mode: soft}]\n"
      }
    }
  }

  /// Writes what a spike of each neuron adds to each sum, as the tables have it.
  mutating func writeEdges(_ worker: inout MeshWorker) throws(CompileError) {
    text += "  edges:\n"
    for (e, emitter) in tables.emitters.enumerated() {
      for place in emitter.neurons.indices {
        let set = Int(emitter.routeSets[place])
        for j in emitter.setStarts[set]..<emitter.setStarts[set + 1] {
          for l in tables.routes[emitter.routes[emitter.setRoutes[j]]].landings {
            try writeEdges(from: e, place, tables.landings[l], &worker)
          }
        }
      }
    }
  }

  private mutating func writeEdges(
    from e: Int, _ place: Int, _ landing: Landing, _ worker: inout MeshWorker
  ) throws(CompileError) {
    let neuron =
      landing.translation.map { tables.translations[$0][place] }
      ?? tables.emitters[e].neurons[place]
    guard neuron >= 0 else { return }
    for d in landing.deliveries {
      let delivery = tables.deliveries[d]
      guard delivery.delay == 1 else {
        throw CompileError(.notForSANAFE("connections of \(delivery.delay, of: "tick")"))
      }
      let base = tables.sums[delivery.slice].first
      (worker.scratch.neurons[0], worker.scratch.neuronUnits[0]) = (neuron, 1)
      silentOf[e][place] += worker.deliver(delivery.program, 0..<1, at: base)
      let scale = tables.slices[delivery.slice].registers.scale
      for i in 0..<tables.sums[delivery.slice].count where worker.sums[base + i] != 0 {
        let weight = worker.sums[base + i] << scale
        text += "    - s\(e).\(place) -> s\(delivery.slice).\(i): [weight: \(weight)]\n"
        worker.sums[base + i] = 0
        silentOf[e][place] -= 1
      }
    }
  }

  mutating func writeMappings(_ allocation: Allocation) {
    var places: [(tile: Int, core: Int)] = []
    for core in allocation.cores {
      let tile = core.position.x * rows + core.position.y
      places.append((tile, coresOfTiles[tile, default: 0]))
      coresOfTiles[tile, default: 0] += 1
    }
    text += "mappings:\n"
    for (s, slice) in tables.slices.enumerated() {
      text += "  - s\(s): [core: \(places[slice.core].tile).\(places[slice.core].core)]\n"
    }
  }

  /// Returns the architecture: a mesh of tiles with as many cores each, all of whose energies and
  /// latencies are 0, since what is compared are counts.
  func architecture(columns: Int, coresPerTile: Int) -> String {
    func unit(_ kind: String, _ name: String, _ attributes: [String]) -> String {
      "          \(kind):\n            - name: \(name)\n              attributes:\n"
        + attributes.map { "                \($0)\n" }.joined()
    }
    let hops = ["north", "east", "south", "west"].flatMap {
      ["energy_\($0)_hop: 0.0", "latency_\($0)_hop: 0.0"]
    }
    return """
      architecture:
        name: spikec
        attributes:
          topology: mesh
          width: \(columns)
          height: \(rows)
          link_buffer_size: 16
          sync_model: fixed
          latency_sync: 0.0
        tile:
          - name: tile[0..\(columns * rows - 1)]
            attributes:
      \(hops.map { "        \($0)\n" }.joined())\
            core:
              - name: core[0..\(coresPerTile - 1)]
                attributes:
                  buffer_position: soma
                  buffer_inside_unit: false
                  max_neurons_supported: 1024

      """
        + unit("axon_in", "in", ["energy_message_in: 0.0", "latency_message_in: 0.0"])
        + unit(
          "soma", "lif",
          [
            "model: leaky_integrate_fire", "energy_access_neuron: 0.0",
            "latency_access_neuron: 0.0", "energy_update_neuron: 0.0",
            "latency_update_neuron: 0.0", "energy_spike_out: 0.0", "latency_spike_out: 0.0",
          ])
        + unit(
          "dendrite", "sum", ["model: accumulator", "energy_update: 0.0", "latency_update: 0.0"])
        + unit(
          "synapse", "synapse",
          ["model: current_based", "energy_process_spike: 0.0", "latency_process_spike: 0.0"])
        + unit("axon_out", "out", ["energy_message_out: 0.0", "latency_message_out: 0.0"])
  }

  /// Returns what the host does, and what neurons said here.
  func host(_ worker: MeshWorker, _ trace: SpikeTrace, timesteps: Int) -> String {
    let slices = tables.slices.enumerated().map { (s, slice) in
      // A neuron fires at its limit here, above its threshold there.
      var raise = [Int32](repeating: 0, count: slice.neurons.count)
      if case .fire(let neurons) = slice.program {
        raise = neurons.thresholds.indices.map { neurons.thresholds[$0] - neurons.limits[$0] + 1 }
      }
      let initial = zip(slice.initial, raise).map { $0 + $1 }
      let said = trace.units[slice.population.index].map { units in
        slice.neurons.indices.filter { units[Int(slice.neurons[$0])] != 0 }
      }
      return "{\"start\":\(slice.start),\"initial\":\(initial),\"bias\":\(worker.state[s].bias),"
        + "\"spikes\":\(said)}"
    }
    return "{\"timesteps\":\(timesteps),\"steps\":\(tables.latestStart + timesteps),"
      + "\"slices\":[\(slices.joined(separator: ",\n"))]}\n"
  }
}

extension Diagnostic {

  /// Returns an error about a network that the files of SANA-FE do not express.
  fileprivate static func notForSANAFE(_ found: String) -> Diagnostic {
    .error(
      "emulator.not-for-sanafe",
      "found \(found), expected integrate-and-fire neurons whose spikes take one tick",
      exitCode: .badData)
  }
}
