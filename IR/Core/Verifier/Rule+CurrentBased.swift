// Rules on leaky neurons that compute in whole numbers.

internal import Diagnostics

extension VerifierRule<SpikingGraph> {

  /// Leaky neurons of cores have the code rate and numbers that their registers hold.
  static var currentBasedNeurons: Self {
    Self(
      ["ir.bad-neuron", "ir.code-mismatch"],
      "The code of cuba-lif neurons is rate; decays are between 0 and 4,096, refractory times "
        + "between 1 and 4,096; thresholds are less than 2^23, initial potentials not negative and at "
        + "most the threshold, biases at most 2^24 in magnitude."
    ) { graph, sink in
      for id in graph.populations.ids where graph[id].isSound {
        guard case .currentBased(let model) = graph[id].model else { continue }
        let site = graph.site(id)
        if !graph[id].code.isRate {
          sink.report(
            .error(
              "ir.code-mismatch",
              "the code of 'cuba-lif' neurons is \(graph[id].code), expected rate", at: site))
        }
        if let violation = model.violation {
          sink.report(.error("ir.bad-neuron", violation, at: site))
        }
        if let violation = graph.registerViolation(model, of: id) {
          sink.report(.error("ir.bad-neuron", violation, at: site))
        }
      }
    }
  }
}

extension SpikingGraph {

  /// Returns what registers of population `id` cannot hold, if anything.
  fileprivate func registerViolation(_ model: CurrentBasedLeaky, of id: PopulationID) -> String? {
    guard let thresholds = wholeNumbers(model.threshold) else { return nil }
    if let large = thresholds.first(where: { Int($0) > CurrentBasedLeaky.largest }) {
      return "a threshold is \(large), accepted range is [1, \(CurrentBasedLeaky.largest)]"
    }
    if let bias = self[id].bias,
      let large = wholeNumbers(bias)?.first(where: { $0.magnitude > 1 << 24 })
    {
      return "a bias is \(large), accepted range is [\(-1 << 24), \(1 << 24)]"
    }
    guard let initial = model.initial.flatMap({ wholeNumbers($0) }) else { return nil }
    // Both are one a channel or one a neuron, row-major, so that the shorter repeats.
    for i in 0..<max(initial.count, thresholds.count) {
      let (v, threshold) = (initial[i % initial.count], thresholds[i % thresholds.count])
      if !(0...max(0, threshold) ~= v) {
        return "an initial potential is \(v), accepted range is [0, \(threshold)]"
      }
    }
    return nil
  }

  /// Returns the elements of tensor `id` if they are there, some, and whole numbers of 32 bits.
  func wholeNumbers(_ id: TensorID) -> [Int32]? {
    guard let tensor = tensors.sound(id), case .int32(let values) = tensor.data, !values.isEmpty
    else { return nil }
    return values
  }
}
