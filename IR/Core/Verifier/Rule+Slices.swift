// Rules on slices: what they are parts of, and that together they are everything.

internal import Diagnostics

extension VerifierRule<MappedGraph> {

  /// Slices are boxes of neurons of their populations.
  static var slicesAreBoxes: Self {
    Self(
      ["ir.bad-slice"],
      "A slice is a box of neurons of a population that has neurons; its core and its first place "
        + "are not negative."
    ) { mapped, sink in
      for id in mapped.slices.ids where !mapped.isSound(mapped.slices[id]) {
        sink.report(.badSlice(id, mapped.slices[id]))
      }
    }
  }

  /// Every neuron has exactly one place.
  static var neuronsHavePlaces: Self {
    Self(
      ["ir.misplaced-neurons"],
      "Every neuron of every population that has neurons is in exactly one slice."
    ) { mapped, sink in
      let slices = mapped.slices.elements.filter(mapped.isSound)
      guard slices.count == mapped.slices.count else { return }
      var boxes = [[NeuronBox]](repeating: [], count: mapped.graph.populations.count)
      for slice in slices { boxes[slice.population.index].append(slice.box) }
      for id in mapped.graph.populations.ids where mapped.graph[id].hasNeurons {
        let shape = mapped.graph[id].shape
        // Without shared neurons, as many as there are is all of them.
        guard let count = shape.checkedCount, [1, 3].contains(shape.rank) else { continue }
        let placed = boxes[id.index].reduce(0) { $0 + $1.count }
        if placed != count || boxes[id.index].overlap {
          sink.report(
            .misplacedNeurons(mapped.graph[id], placed: placed, at: mapped.graph.site(id)))
        }
      }
    }
  }
}

extension MappedGraph {

  /// Returns whether `slice` is a box of neurons of its population.
  fileprivate func isSound(_ slice: CoreSlice) -> Bool {
    guard let population = graph.populations.find(slice.population), population.hasNeurons,
      [1, 3].contains(population.shape.rank), population.shape.extents.allSatisfy({ $0 > 0 })
    else { return false }
    return !slice.box.isEmpty && NeuronBox(all: population.shape).contains(slice.box)
      && slice.core >= 0 && slice.first >= 0
  }
}

extension [NeuronBox] {

  /// Whether two of the boxes share a neuron.
  ///
  /// - Complexity: O(n log n) where boxes are rows of tiles, O(n²) at worst.
  fileprivate var overlap: Bool {
    let order = sorted { $0.rows.lowerBound < $1.rows.lowerBound }
    for (i, box) in order.enumerated() {
      for other in order[(i + 1)...] {
        guard other.rows.lowerBound < box.rows.upperBound else { break }
        if !box.intersection(other).isEmpty { return true }
      }
    }
    return false
  }
}

extension Diagnostic {

  /// Returns an error about a slice that is no box of neurons.
  fileprivate static func badSlice(_ id: SliceID, _ slice: CoreSlice) -> Diagnostic {
    .error(
      "ir.bad-slice",
      "\(slice.box) of \(slice.population) on core \(slice.core) from place \(slice.first), expected "
        + "a box of neurons of a population that has neurons, and numbers that are not negative",
      at: .entity(id.description))
  }

  /// Returns an error about neurons without a place, or with several.
  fileprivate static func misplacedNeurons(
    _ population: Population, placed: Int, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.misplaced-neurons",
      "slices of '\(population.name)' hold \(placed, of: "neuron"), expected each of its "
        + "\(population.shape.count) once", at: site)
  }
}
