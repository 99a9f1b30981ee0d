// Rules on neurons that say the value of the interval in which their potential lies.

internal import Diagnostics

extension VerifierRule<SpikingGraph> {

  /// A staircase goes through its thresholds in order and stays within what its code can say.
  static var staircasesAscend: Self {
    Self(
      ["ir.bad-parameter", "ir.bad-staircase"],
      "The thresholds of a staircase have the shape [steps] or [steps,channels], with 1 to 16,384 "
        + "steps, and do not descend; there is one value more, and no magnitude of a value exceeds "
        + "the levels of the code."
    ) { graph, sink in
      for id in graph.populations.ids where graph[id].isSound {
        guard case .staircase(let model) = graph[id].model else { continue }
        graph.checkThresholds(model, of: id, &sink)
        graph.checkValues(model, of: id, &sink)
      }
    }
  }
}

extension SpikingGraph {

  /// Reports thresholds of `model` that have another shape or descend.
  fileprivate func checkThresholds(
    _ model: Staircase, of id: PopulationID, _ sink: inout DiagnosticSink
  ) {
    guard let tensor = tensors.sound(model.thresholds) else { return }
    let (shape, channels) = (tensor.shape, self[id].shape.channels)
    guard shape.rank == 1 || shape.rank == 2 && shape[1] == channels,
      1...Staircase.mostSteps ~= shape[0]
    else {
      return sink.report(.badSteps(shape, channels: channels, at: site(id)))
    }
    let columns = shape.rank == 2 ? channels : 1
    let descent: Int?
    // Integers of 32 bits are compared as they are: single precision would hide small descents.
    if case .int32(let values) = tensor.data {
      descent = values.indices.dropFirst(columns).first { values[$0] < values[$0 - columns] }
    } else {
      let values = tensor.data.floatingPoint ?? []
      descent = values.indices.dropFirst(columns).first { !(values[$0] >= values[$0 - columns]) }
    }
    if let descent { sink.report(.descending(step: descent / columns, at: site(id))) }
  }

  /// Reports values of `model` that are too many, too few or too large.
  fileprivate func checkValues(
    _ model: Staircase, of id: PopulationID, _ sink: inout DiagnosticSink
  ) {
    guard let tensor = tensors.sound(model.values) else { return }
    if let steps = tensors.sound(model.thresholds)?.shape, steps.rank >= 1,
      tensor.shape != [steps[0] + 1]
    {
      return sink.report(.badValueCount(tensor.shape, steps: steps[0], at: site(id)))
    }
    let code = self[id].code
    guard 1...4096 ~= code.timesteps, code.keyword != "weighted" || code.timesteps <= 12,
      case .int32(let values) = tensor.data,
      let large = values.first(where: { $0.magnitude > UInt32(code.levels) })
    else { return }
    sink.report(.largeValue(large, code, at: site(id)))
  }
}

extension Diagnostic {

  /// Returns an error about thresholds of a staircase that have another shape.
  fileprivate static func badSteps(
    _ found: Shape, channels: Int, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-parameter",
      "the thresholds have shape \(found), expected [steps] or [steps,\(channels)] with 1 to "
        + "\(Staircase.mostSteps) steps", at: site)
  }

  /// Returns an error about a staircase whose values are not one more than its thresholds.
  fileprivate static func badValueCount(
    _ found: Shape, steps: Int, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-parameter", "the values have shape \(found), expected [\(steps + 1)]", at: site)
  }

  /// Returns an error about a threshold below the one before it.
  fileprivate static func descending(step: Int, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-staircase", "threshold \(step) is below the one before it, expected ascending ones",
      at: site)
  }

  /// Returns an error about a value that the code cannot say.
  fileprivate static func largeValue(_ value: Int32, _ code: SpikeCode, at site: Site) -> Diagnostic
  {
    .error(
      "ir.bad-staircase",
      "a value of \(value) units exceeds the \(code.levels) levels of \(code)", at: site)
  }
}
