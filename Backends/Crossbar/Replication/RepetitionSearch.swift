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

  /// An answer.
  struct Answer: Hashable, Sendable {
    /// Where each layer goes.
    var choices: [LayerChoice]
    /// Whether it is proved that layers cannot be repeated more often, and that with so many repetitions no
    /// other choice has a faster slowest layer; the bisection of the factor is taken as exact.
    var isOptimal: Bool
  }

  /// The steps of the bisection.
  private static let halvings = 12

  /// Returns where each layer goes; `nil` if the layers do not fit even without repetition.
  ///
  /// Repetition comes first: copies that make a layer faster are for tiles that are left. If the ratio
  /// of signal to noise that is wanted takes too many tiles, it is made smaller by the same factor for
  /// all layers, down to where they fit; the factor is found by bisection to 2⁻¹².
  ///
  /// - Complexity: that of `ReplicationProblem.solve`, and of its single questions, fifteen at most.
  func solve() -> Answer? {
    if let answer = answer(1) { return answer }
    guard arrays.contains(where: { $0.repetition != nil }) else { return nil }
    // Without any repetition the layers fit or do not.
    guard problem(0).problem.isFeasible == true else { return nil }
    var (low, high) = (0.0, 1.0)
    var isProved = problem(1).problem.isFeasible == false
    for _ in 0..<RepetitionSearch.halvings {
      let middle = (low + high) / 2
      switch problem(middle).problem.isFeasible {
      case true?: low = middle
      case false?: (high, isProved) = (middle, true)
      case nil: (high, isProved) = (middle, false)
      }
    }
    guard var result = answer(low) else { return nil }
    if !isProved { result.isOptimal = false }
    return result
  }

  /// Returns where layers go with a part of the wanted ratio of signal to noise, if they fit.
  private func answer(_ part: Double) -> Answer? {
    let (problem, repetitions) = problem(part)
    guard let answer = problem.solve() else { return nil }
    let choices = answer.choices.enumerated().map { layer, choice in
      LayerChoice(
        kind: choice.kind, replicas: choice.replicas,
        repetition: repetitions[layer][choice.kind])
    }
    return Answer(choices: choices, isOptimal: answer.isOptimal)
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
