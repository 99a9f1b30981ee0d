// Layers whose inputs are too many, added up in parts: how many parts would fit.

internal import SpikeIR

extension FitDiagnosis {

  /// Returns the parts in which the inputs of a layer would fit if neurons in between added them up, as
  /// `split-fan-in` has them do; `nil` if none would.
  ///
  /// - Parameters:
  ///   - layer: the layer.
  ///   - channels: the channels of its input.
  ///   - most: those with which it would fit, 0 if not even with one.
  /// - Returns: the change.
  func parts(_ layer: Int, channels: Int, most: Int) -> FitReport.Change? {
    let parts = isDense(layer) ? partsOfNeurons(layer) : partsOfChannels(layer, channels, most)
    // What adds the parts up hears two of each, one a sign.
    guard let parts, 2 * parts.count <= parts.most else { return nil }
    return .fanInParts(parts.count, most: parts.most)
  }

  /// Returns whether all weights into a layer are dense: such inputs can be cut at any neuron, those of
  /// convolutions between channels only.
  private func isDense(_ layer: Int) -> Bool {
    let paths = network.layers[layer].inputs.map { network.paths[$0.path] }
    let kinds = paths.flatMap(\.projections).map { network.graph[$0].kind }
    return kinds.allSatisfy { kind in
      switch kind {
      case .dense, .identity, .wire: true
      case .conv, .pool: false
      }
    }
  }

  /// Returns the parts of inputs, cut between channels, that fit, and the inputs of each.
  private func partsOfChannels(
    _ layer: Int, _ inputs: Int, _ most: Int
  ) -> (count: Int, most: Int)? {
    guard most > 0 else { return nil }
    let taps = network.layers[layer].inputs.reduce(1) {
      max($0, $1.kernel.height * $1.kernel.width)
    }
    return ((inputs + most - 1) / most, most * taps)
  }

  /// Returns the parts of inputs, cut between neurons, that fit, and the inputs of each.
  private func partsOfNeurons(_ layer: Int) -> (count: Int, most: Int)? {
    let boxes = network.layers[layer].senders.map {
      NeuronBox(all: network.graph[$0.population].shape)
    }
    guard let largest = boxes.max(by: { $0.count < $1.count }) else { return nil }
    let found = most(largest.count - 1) { count in fits(layer) { $0.mostInputs = count } }
    guard found > 0 else { return nil }
    let own = largest.beginning(most: found).count
    return ((largest.count + own - 1) / own, own)
  }
}

extension NeuronBox {

  /// Returns the rows at the beginning that hold at most `most` neurons; pixels, or channels, where
  /// not even a row does.
  ///
  /// Where inputs are added up in parts, these are boxes.
  func beginning(most: Int) -> NeuronBox {
    var result = self
    guard count > most else { return self }
    let row = columns.count * channels.count
    if row <= most {
      result.rows = rows.prefix(most / row)
    } else if channels.count <= most {
      result.rows = rows.prefix(1)
      result.columns = columns.prefix(most / channels.count)
    } else {
      result.rows = rows.prefix(1)
      result.columns = columns.prefix(1)
      result.channels = channels.prefix(most)
    }
    return result
  }
}
