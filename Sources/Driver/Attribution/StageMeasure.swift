// What is measured of a stage, and which stage is to blame.

internal import SpikeIR

/// The errors of a network at a stage.
struct StageMeasure: Sendable {

  /// The stage.
  var name: String

  /// The part of the samples that were classified rightly, if there are labels.
  var accuracy: Double?

  /// The accuracy of the stage before minus this one's.
  var lost: Double?

  /// The standard error of what is lost: √(number of samples that changed sides) / samples.
  var lostError: Double?

  /// The part of the samples that are classified as by the model.
  var agreement: Double?

  /// ‖ŷ − y‖₂ / ‖y‖₂ of the outputs, y being the model's.
  var relativeError: Double

  /// The errors of layers; empty for stages that equal the model.
  var layers: [LayerError]

  /// The class of each sample, for the stage that follows.
  private let predictions: [Int]

  /// Compares the outputs of `stage` with those of the model and of the stage before.
  init(
    _ stage: Stage, _ outputs: Outputs, original: Outputs, previous: StageMeasure?,
    classifier: Classifier?, labels: [Int]?, layers: [LayerError]
  ) {
    name = stage.name
    self.layers = layers
    relativeError = outputs.relativeError(to: original)
    guard let classifier else {
      predictions = []
      return
    }
    predictions = outputs.predictions(classifier)
    agreement = Classifier.accuracy(predictions, original.predictions(classifier))
    guard let labels else { return }
    accuracy = Classifier.accuracy(predictions, labels)
    guard let previous, let before = previous.accuracy, let accuracy else { return }
    lost = before - accuracy
    var changes = 0
    for i in labels.indices {
      let (was, is_) = (previous.predictions[i] == labels[i], predictions[i] == labels[i])
      if was != is_ { changes += 1 }
    }
    lostError = Double(changes).squareRoot() / Double(labels.count)
  }
}

/// The stage at which most is lost, and what to try about it.
struct Blame: Hashable, Sendable {

  /// The stage.
  var stage: String

  /// The part of the samples that are lost there.
  var lost: Double

  /// The part of the samples that later stages win back.
  var regained: Double

  /// The layer whose error grows most at the stage, if layers were compared.
  var layer: String?

  /// What to try.
  var advice: [String]

  /// Finds the stage of `measures` to blame; `nil` if nothing is lost beyond chance.
  ///
  /// A loss counts if it exceeds its standard error. Without labels, agreement takes the place of
  /// accuracy.
  init?(_ measures: [StageMeasure], code: SpikeCode?) {
    var worst: (index: Int, lost: Double)?
    for i in measures.indices.dropFirst() {
      let agreementLost = (measures[i - 1].agreement ?? 1) - (measures[i].agreement ?? 1)
      let lost = measures[i].lost ?? agreementLost
      guard lost > (measures[i].lostError ?? 0), lost > (worst?.lost ?? 0) else { continue }
      worst = (i, lost)
    }
    guard let worst else { return nil }
    stage = measures[worst.index].name
    lost = worst.lost
    let end = measures[measures.count - 1]
    let here = measures[worst.index]
    regained = max(
      0, (end.accuracy ?? end.agreement ?? 0) - (here.accuracy ?? here.agreement ?? 0))
    let before = Dictionary(
      measures[worst.index - 1].layers.map { ($0.name, $0.relativeError) },
      uniquingKeysWith: { first, _ in first })
    var (largest, previous) = (0.0, 0.0)
    for error in measures[worst.index].layers {
      // What a layer adds to what it was given by the one before and to what it had before.
      let added = error.relativeError - max(before[error.name] ?? 0, previous)
      if added > largest { (largest, layer) = (added, error.name) }
      previous = error.relativeError
    }
    advice = Blame.advice(stage, code, isSoftened: measures.contains { $0.name == "softened" })
  }

  /// Returns what to try about a loss at `stage`; `isSoftened` if the neurons are leaky.
  private static func advice(
    _ stage: String, _ code: SpikeCode?, isSoftened: Bool
  ) -> [String] {
    let isSpiking = code != nil
    let steps = code?.timesteps ?? 1
    switch stage {
    case "folded", "equalized":
      return ["this stage is exact but for rounding: look for normalizations with variances near 0"]
    case "softened":
      return [
        "train with the softened response: spikec finetune",
        "see the fit of each layer in the remarks of the pass 'soften', and its option 'range'",
        "neurons that are rectifiers themselves: --neuron if",
      ]
    case "leveled":
      return [
        code?.keyword == "weighted"
          ? "more bits for a value: --timesteps \(steps + 1)"
          : "more time steps: --timesteps \(2 * steps)",
        "more calibration images: --calibration-limit, or others, more like those of the test",
        "another choice of thresholds: --passes with calibrate{method=percentile}",
      ]
    case "quantized":
      return [
        "more bits for a weight: --weight-bits",
        "rounding that passes its error on: --passes with quantize{rounding=gptq}",
      ]
    case "spiking":
      return [
        "more time steps: --timesteps \(2 * steps)",
        isSoftened
          ? "train with the noise of spikes: spikec finetune; weights of more bits, which are rounded "
            + "in this stage too: --weight-bits"
          : "a code without errors of order: --code phased or --code weighted",
      ]
    case "legal":
      return [
        "weights of fewer bits, which leave room for thresholds and potentials: --weight-bits",
        "the remarks of the passes say which parameters were rounded: spikec compile --target",
      ]
    case "mapped":
      return isSpiking
        ? ["fewer time steps or weights of fewer bits, so that registers do not overflow"]
        : [
          "copy the machine's description ('spikec inspect TARGET --json'), set noises and steps to 0 "
            + "one by one, and see which costs most",
          "another machine: spikec list targets",
        ]
    case "corrected":
      return ["more samples for the correction: --calibration-limit, correct-bias{samples=512}"]
    default: return ["see the description of the pass: spikec list passes"]
    }
  }
}

/// The state of a run after a time step.
struct AnytimePoint: Hashable, Sendable {

  /// The number of time steps executed.
  var timestep: Int

  /// The part of the samples that are classified rightly by then.
  var accuracy: Double?

  /// The spikes of an image by then, on average.
  var spikesPerImage: Double
}
