// How often layers are repeated if there are not arrays enough for all that is wanted: the same part of
// it for each, so that no layer's noise is worse than another's.

/// The question how often to repeat each layer within arrays, and how many copies to make of it.
struct RepetitionSearch {

  /// The layers.
  let matrices: [WeightMatrix]

  /// The arrays, class by class.
  let arrays: [ArrayFeatures]

  /// What is read.
  let mode: ReadMode

  /// The chips that may be used.
  let chips: Int

  /// What else limits tiles.
  let options: LayoutOptions

  /// The steps of the bisection.
  private static let halvings = 12

  /// Returns where each layer goes; `nil` if the layers do not fit even without repetition.
  ///
  /// Repetition comes first: copies that make a layer faster are for tiles that are left. If the ratio
  /// of signal to noise that is wanted takes too many tiles, it is made smaller by the same factor for
  /// all layers, down to where they fit; the factor is found by bisection to 2⁻¹².
  ///
  /// - Complexity: that of `ReplicationProblem.solve`, and of its single questions, fourteen at most.
  func solve() -> [LayerChoice]? {
    if let choices = choices(1) { return choices }
    guard arrays.contains(where: { $0.repetition != nil }) else { return nil }
    // Without any repetition the layers fit or do not.
    guard problem(0).problem.isFeasible else { return nil }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<RepetitionSearch.halvings {
      let middle = (low + high) / 2
      if problem(middle).problem.isFeasible { low = middle } else { high = middle }
    }
    return choices(low)
  }

  /// Returns where layers go with a part of the wanted ratio of signal to noise, if they fit.
  private func choices(_ part: Double) -> [LayerChoice]? {
    let (problem, repetitions) = problem(part)
    guard let answer = problem.solve() else { return nil }
    return answer.choices.enumerated().map { layer, choice in
      LayerChoice(
        kind: choice.kind, replicas: choice.replicas,
        repetition: repetitions[layer][choice.kind])
    }
  }

  /// Returns the question of copies, and how often layers are repeated on arrays of each class.
  private func problem(
    _ part: Double
  ) -> (problem: ReplicationProblem, repetitions: [[Repetition]]) {
    let repetitions = matrices.map { matrix in
      arrays.map { array in
        part > 0
          ? array.repetition(
            of: matrix, array.repetition?.times(part), packs: options.packs, mode: mode)
          : Repetition.none
      }
    }
    let problem = ReplicationProblem(
      matrices, on: arrays, mode: mode, chips: chips, options: options, repetitions: repetitions)
    return (problem, repetitions)
  }
}
