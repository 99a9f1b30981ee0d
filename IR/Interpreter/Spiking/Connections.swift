// The connections of a projection seen from the neuron that spikes.

internal import SpikeIR

/// The connections of a projection, listed neuron by neuron of its source.
struct Connections {

  private let kind: ProjectionKind
  private let source: Shape
  private let target: Shape
  private let weights: [Int64]

  /// For each source neuron the target neurons to which a wire leads.
  private let wires: [[Int]]

  /// Collects the connections of projection `id`.
  init(of id: ProjectionID, in constants: QuantizedConstants) {
    let projection = constants.graph[id]
    kind = projection.kind
    source = constants.graph[projection.source].shape
    target = constants.graph[projection.target].shape
    weights = constants.weights[id.index]
    var wires: [[Int]] = []
    if case .wire = projection.kind {
      wires = [[Int]](repeating: [], count: source.count)
      for (target, source) in constants.wires[id.index].enumerated() where source >= 0 {
        wires[source].append(target)
      }
    }
    self.wires = wires
  }

  /// Calls `body` with the target and the weight, times 2^shift, of each connection of `neuron`.
  ///
  /// Connections that would end outside the image do not exist.
  ///
  /// - Complexity: O(connections of the neuron).
  func forEach(from neuron: Int, _ body: (_ target: Int, _ weight: Int64) -> Void) {
    switch kind {
    case .dense:
      let count = target.count
      for k in 0..<count { body(k, weights[neuron * count + k]) }
    case .conv(let conv):
      forEachTap(of: conv, from: neuron, body)
    case .pool(let pool):
      let (channels, channel) = (source[2], neuron % source[2])
      forEachWindow(pool.window, over: neuron) { (position, _) in
        body(position * channels + channel, weights[0])
      }
    case .identity:
      body(neuron, weights.count == 1 ? weights[0] : weights[neuron % target.channels])
    case .wire:
      for target in wires[neuron] { body(target, weights[0]) }
    }
  }

  /// Calls `body` with the target and the weight of each kernel element that meets `neuron`.
  private func forEachTap(
    of conv: ConvProjection, from neuron: Int, _ body: (_ target: Int, _ weight: Int64) -> Void
  ) {
    let outputs = target[2]
    let (inputsPerGroup, outputsPerGroup) = (source[2] / conv.groups, outputs / conv.groups)
    let (group, input) = (neuron % source[2]).quotientAndRemainder(dividingBy: inputsPerGroup)
    forEachWindow(conv.window, over: neuron) { (position, tap) in
      for k in group * outputsPerGroup..<(group + 1) * outputsPerGroup {
        body(position * outputs + k, weights[(tap * inputsPerGroup + input) * outputs + k])
      }
    }
  }

  /// Calls `body` with each position of `window` over the image that covers `neuron`, and with
  /// the tap under which the neuron lies; both in row-major order.
  private func forEachWindow(
    _ window: Window, over neuron: Int, _ body: (_ position: Int, _ tap: Int) -> Void
  ) {
    let (y, x) = (neuron / source[2]).quotientAndRemainder(dividingBy: source[1])
    for i in 0..<window.size.height {
      let top = y + window.padding.top - i * window.dilations.height
      guard top >= 0, top % window.strides.height == 0, top / window.strides.height < target[0]
      else { continue }
      for j in 0..<window.size.width {
        let left = x + window.padding.left - j * window.dilations.width
        guard left >= 0, left % window.strides.width == 0, left / window.strides.width < target[1]
        else { continue }
        body(
          top / window.strides.height * target[1] + left / window.strides.width,
          i * window.size.width + j)
      }
    }
  }
}
