// What becomes of packets where they arrive: from routes and paths to axons, slices and programs.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

extension TableLoader {

  /// Finds what packets meet at the cores to which they come.
  mutating func loadRoutes() throws(Diagnostic) {
    var emitterOf = [Int?](repeating: nil, count: tables.routes.count)
    for (e, emitter) in result.emitters.enumerated() {
      for r in emitter.routes { emitterOf[r] = e }
    }
    for (r, route) in tables.routes.enumerated() {
      let block = tables.axons[route.block]
      var own = EmulatedRoute(
        core: places[route.core] ?? 0, hops: route.hops, capacity: 0,
        landings: result.landings.count..<result.landings.count)
      if let e = emitterOf[r] {
        own.capacity = emitterBox(e).intersection(block.box).count
        let axons = block.first..<block.first + block.box.count
        for other in blocks[route.core] ?? [] {
          let first = tables.axons[other].first
          guard axons.overlaps(first..<first + tables.axons[other].box.count) else { continue }
          result.landings.append(try landing(of: e, sentTo: route.block, met: other))
        }
        own.landings = own.landings.lowerBound..<result.landings.count
      }
      result.routes.append(own)
    }
  }

  /// Returns what packets of emitter `e` reach that name the axons of block `named`, where the
  /// core has block `met`.
  private mutating func landing(
    of e: Int, sentTo named: Int, met: Int
  ) throws(Diagnostic) -> Landing {
    let (sent, found) = (tables.axons[named], tables.axons[met])
    let first = result.deliveries.count
    var landing = Landing(translation: nil, deliveries: first..<first)
    if named != met || found.population != result.emitters[e].population {
      let shape = graph[found.population].shape
      let box = emitterBox(e)
      var translation: [Int32] = []
      for row in box.rows {
        for column in box.columns {
          for channel in box.channels {
            let here = NeuronBox(
              rows: row..<row + 1, columns: column..<column + 1, channels: channel..<channel + 1)
            var to: Int32 = -1
            if sent.box.contains(here) {
              let axon = sent.first + sent.box.offset(row: row, column: column, channel: channel)
              let place = axon - found.first
              if 0..<found.box.count ~= place {
                to = Int32(found.box.neuron(at: place, of: shape))
              }
            }
            translation.append(to)
          }
        }
      }
      landing.translation = result.translations.count
      result.translations.append(translation)
    }
    for c in connections[met] {
      let connection = tables.connections[c]
      let slice = connection.target.index
      // A connection to neurons of another core reaches nothing.
      guard tables.cores[result.slices[slice].core].number == found.core else { continue }
      let program = try program(of: connection.path, into: slice)
      let delay = tables.target.time.deliveryLatency + connection.delay
      result.slices[slice].depth = max(result.slices[slice].depth, delay + 1)
      result.deliveries.append(Delivery(slice: slice, delay: delay, program: program))
    }
    landing.deliveries = first..<result.deliveries.count
    return landing
  }

  private mutating func program(
    of path: Int, into slice: Int
  ) throws(Diagnostic) -> SynapseProgram {
    let key = ProgramKey(path: path, slice: slice)
    if let known = programs[key] { return known }
    let program = try compiler.program(of: path, into: result.slices[slice].sumBox)
    programs[key] = program
    return program
  }

  /// Finds the ways of what the host writes to biases.
  mutating func loadConstants() throws(Diagnostic) {
    let slices = tables.mapped.slicesByPopulation()
    for (p, path) in tables.paths.enumerated() where isConstant[path.source.index] {
      for slice in slices[path.target.index] {
        result.constants.append(
          ConstantWay(
            source: path.source, slice: slice.index,
            program: try program(of: p, into: slice.index)))
      }
    }
  }
}
