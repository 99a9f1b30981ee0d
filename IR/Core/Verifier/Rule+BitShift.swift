// Rules on leaky neurons whose decays are shifts.

internal import Diagnostics

extension VerifierRule<SpikingGraph> {

  /// Leaky neurons that decay by shifts have the code rate and numbers that their registers hold.
  static var bitShiftNeurons: Self {
    Self(
      ["ir.bad-neuron", "ir.code-mismatch"],
      "The code of shift-lif neurons is rate; shifts are between 1 and 15, most-spikes between 1 and "
        + "127; thresholds are at most 32,767, biases between -32,768 and 32,767."
    ) { graph, sink in
      for id in graph.populations.ids where graph[id].isSound {
        guard case .bitShift(let model) = graph[id].model else { continue }
        let site = graph.site(id)
        if !graph[id].code.isRate {
          sink.report(
            .error(
              "ir.code-mismatch",
              "the code of 'shift-lif' neurons is \(graph[id].code), expected rate", at: site))
        }
        if let violation = model.violation ?? graph.registerViolation(model, of: id) {
          sink.report(.error("ir.bad-neuron", violation, at: site))
        }
      }
    }
  }
}

extension SpikingGraph {

  /// Returns what registers of population `id` cannot hold, if anything.
  fileprivate func registerViolation(_ model: BitShiftLeaky, of id: PopulationID) -> String? {
    let register = BitShiftLeaky.register
    if let large = wholeNumbers(model.threshold)?.first(where: { $0 > register.upperBound }) {
      return "a threshold is \(large), accepted range is [1, \(register.upperBound)]"
    }
    if let bias = self[id].bias,
      let large = wholeNumbers(bias)?.first(where: { !register.contains(Int($0)) })
    {
      return
        "a bias is \(large), accepted range is [\(register.lowerBound), \(register.upperBound)]"
    }
    return nil
  }
}
