// What to do about outputs that arrays clip, which depends on what is read and on what is managed already.

internal import Crossbar
internal import HardwareTargets

/// What keeps the sums of a layer within the range of converters, or could.
struct BoundAdvice: Hashable {

  /// Whether frames of spikes are read, which have one scale, or vectors otherwise.
  let areFrames: Bool

  /// The word of `boundManagement` in the description.
  let management: String

  /// Whether inputs are given some bits at a time, which leaves no room for other scales.
  let isSliced: Bool

  /// Whether inputs are given several times in a read.
  let givesRepeats: Bool

  /// Whether sums become whole numbers in a range that cannot be widened, only filled less.
  let hasCodes: Bool

  /// Whether the layer's blocks are repeated on rows, whose currents add up.
  let hasCopiesOnRows: Bool

  /// What to do, as notes.
  var notes: [String] {
    let sums =
      hasCopiesOnRows
      ? "fewer copies on rows, 'repetition.rows' or a lower 'repetition.signalToNoise', make smaller "
        + "sums"
      : hasCodes
        ? "a smaller 'output.gain' makes smaller sums"
        : "a larger 'output.bound' converts larger sums"
    return [management == "fewer-repeats" ? repeated : areFrames ? ofFrames : ofVectors, sums]
  }

  /// Of management by fewer repeats, which is the same for vectors and frames.
  private var repeated: String {
    givesRepeats
      ? "'boundManagement' is 'fewer-repeats': they were read again with inputs given once"
      : "'boundManagement' is 'fewer-repeats', and 'input.repeats' is 1: nothing is read again"
  }

  /// Of frames of spikes, which are not scaled.
  private var ofFrames: String {
    let unused =
      management == "none" ? "" : ", so that 'boundManagement' '\(management)' has no effect"
    return
      "frames of spikes have one scale\(unused): vectors of values, without '--code', can be read "
      + "again at another"
  }

  /// Of vectors of values.
  private var ofVectors: String {
    switch management {
    case "iterative":
      return
        "'boundManagement' is 'iterative': it reads such vectors again, as far as 'maxFactor' and "
        + "'maxInputResolution' allow"
    case "worst-case":
      return
        "'boundManagement' is 'worst-case': it reads such vectors again, at a scale that follows from "
        + "'assumedWeight', as far as 'maxInputResolution' allows"
    default:
      return isSliced
        ? "inputs that are given bit by bit, 'input.slice', cannot be read again at another scale"
        : "'boundManagement' in the description, 'iterative' or 'worst-case', reads such vectors again"
    }
  }
}

extension BoundAdvice {

  /// Creates the advice for layer `number`.
  init(for number: Int, of layout: CrossbarLayout) {
    let layer = layout.layers[number]
    let name = layout.arrays[layer.kind].name
    let array = layout.target.cores.first { $0.name == name }?.analog
    areFrames = layout.mode != .vectors
    management = array?.words["boundManagement.mode"] ?? "none"
    isSliced = array?.numbers["input.slice"]?.value != nil
    givesRepeats = (array?.numbers["input.repeats"]?.value ?? 1) > 1
    hasCodes = array?.numbers["output.most"]?.value != nil
    hasCopiesOnRows = layer.cut.repetition.rows > 1
  }
}
