// What emulated arrays did, as JSON and in words.

internal import Crossbar
internal import Diagnostics
internal import HardwareTargets
internal import Kernels

/// What emulated arrays did for a sample, on average.
package struct ArrayEmulation: Hashable, Sendable {

  /// The samples.
  private let images: Int

  /// What was done in each layer.
  private let layers: [Layer]

  /// The members of the description that are not known.
  private let unknown: [String]

  /// The members of devices that describe training alone.
  private let ofTraining: [String]

  /// Which chip, how old, and which run.
  private let options: EmulationOptions

  /// Who says what events cost.
  private let sources: [String]

  private struct Layer: Hashable {
    var name: String
    var reads: AnalogReadCounts
    var cycles: Int
    var seconds: Double?
    var joules: Double?
    var bounds: BoundAdvice
  }

  /// Creates the description of what a layout's arrays did for some images.
  ///
  /// The energy of a layer is that of what each of its blocks did, reads that were repeated included.
  init(
    _ counts: [LayerReadCounts], unknown: [String], of layout: CrossbarLayout,
    _ options: EmulationOptions, images: Int
  ) {
    self.images = images
    self.options = options
    self.unknown = unknown
    layers = zip(layout.layers.indices, counts).map { number, counts in
      let layer = layout.layers[number]
      return Layer(
        name: layer.matrix.name, reads: counts.reads, cycles: counts.cycles,
        seconds: layout.array(of: number).readSeconds.map {
          $0 * Double(counts.cycles) / Double(max(1, images))
        },
        joules: layout.joules(of: counts).map { $0 / Double(max(1, images)) },
        bounds: BoundAdvice(for: number, of: layout))
    }
    ofTraining = Set(layout.target.cores.compactMap(\.analog).flatMap(\.membersOfTraining)).sorted()
    sources = Set(layout.target.energy.events.values.compactMap(\.source)).sorted()
  }

  private func each(_ value: (AnalogReadCounts) -> Int) -> Double {
    Double(layers.reduce(0) { $0 + value($1.reads) }) / Double(max(1, images))
  }

  private var counts: [(name: String, words: String, value: Double)] {
    [
      ("vectors", "vectors", each(\.vectors)), ("reads", "reads of arrays", each(\.passes)),
      ("presentations", "presentations of vectors", each(\.presentations)),
      ("conversions", "columns converted", each(\.conversions)),
      ("clippedVectors", "vectors clipped in their first read", each(\.clippedVectors)),
      ("clippedOutputs", "outputs that stayed clipped", each(\.clippedOutputs)),
      (
        "readsOfSlowestLayer", "reads of the slowest layer, one after the other",
        Double(layers.map(\.cycles).max() ?? 0) / Double(max(1, images))
      ),
    ]
  }

  /// The energy of arrays for a sample, joules; `nil` if a constant of the machine is not known.
  private var joules: Double? {
    let known = layers.compactMap(\.joules)
    return known.count == layers.count ? known.reduce(0, +) : nil
  }

  /// The time from one sample to the next, seconds; `nil` if that of a read is not known.
  private var seconds: Double? {
    let known = layers.compactMap(\.seconds)
    return known.count == layers.count ? known.max() : nil
  }

  /// The member `emulation` of the JSON of a run.
  var json: JSON {
    [
      "counts": .object(counts.map { JSON.Member($0.name, .number($0.value)) }),
      "energyJoules": JSON(joules), "secondsPerImage": JSON(seconds),
      "source": joules == nil ? .null : .string(sources.joined(separator: ", ")),
      "missing": JSON(unknown), "ofTraining": JSON(ofTraining),
      "runSeed": .integer(Int(options.runSeed)), "chipSeed": .integer(Int(options.chipSeed)),
      "ageSeconds": .number(options.seconds),
      "layers": .array(
        layers.map { layer in
          [
            "name": .string(layer.name),
            "reads": .number(Double(layer.reads.passes) / Double(max(1, images))),
            "readsInSequence": .number(Double(layer.cycles) / Double(max(1, images))),
            "clippedVectors": .number(
              Double(layer.reads.clippedVectors) / Double(max(1, images))),
            "clippedOutputs": .number(
              Double(layer.reads.clippedOutputs) / Double(max(1, images))),
            "energyJoules": JSON(layer.joules), "seconds": JSON(layer.seconds),
          ]
        }),
    ]
  }

  /// What happened for a sample, in words.
  var rows: [(String, String)] {
    counts.map { ($0.words, fixed($0.value, 1)) } + [
      ("energy of arrays", joules.map { scientific($0, "J") } ?? "unknown"),
      ("time between images", seconds.map { scientific($0, "s") } ?? "unknown"),
    ]
  }

  /// The emulation in words.
  var text: String {
    var table = Table(["on the arrays, an image", ">"])
    for (name, value) in rows { table.add([name, value]) }
    let missing = unknown.isEmpty ? [] : ["not known: \(unknown.joined(separator: ", "))"]
    let unused =
      ofTraining.isEmpty ? [] : ["of training alone: \(ofTraining.joined(separator: ", "))"]
    return ([table.text] + missing + unused).joined(separator: "\n")
  }

  /// Warnings about layers of which more than one conversion in a hundred stayed clipped.
  var warnings: [Diagnostic] {
    layers.compactMap { layer in
      let share = Double(layer.reads.clippedOutputs) / Double(max(1, layer.reads.conversions))
      return share > 0.01
        ? .clippedOutputs(share, layer: layer.name, notes: layer.bounds.notes) : nil
    }
  }
}

extension AnalogArray {

  /// The numbers that say how devices learn: a network that was trained elsewhere is programmed and
  /// verified, so that spreads of steps are nothing to it, and those of bounds only where it says so.
  fileprivate var membersOfTraining: [String] {
    let hasBounds = words["device.programmedBounds"] == "own"
    let used = ["wMax"] + (hasBounds ? ["wMin", "wMaxDtod", "wMinDtod"] : [])
    return PulsedDeviceModel.names.filter { !used.contains($0) }.map { "device.\($0)" }
      .filter { numbers[$0] != nil }
  }
}

extension Diagnostic {

  /// Returns a warning about outputs of a layer that were clipped when no further read followed.
  fileprivate static func clippedOutputs(
    _ share: Double, layer: String, notes: [String]
  ) -> Diagnostic {
    .warning(
      "crossbar.clipped-outputs",
      "\(fixed(100 * share, 1)) % of what the arrays of '\(layer)' converted stayed clipped, "
        + "expected 1 % at most", notes: notes)
  }
}
