// `spikec compile`

import ArgumentParser
import Diagnostics
import Driver
import SpikeIR

/// Compiles a model into a spiking network.
struct Compile: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract: "Compile a trained model into a spiking network.",
    usage: "spikec compile <model> -o <file> [--calibration <data>] [<options>]",
    discussion: """
      The model's batch normalizations are folded into weights, the range of each layer is \
      measured on training images (--calibration), rectifiers become integrate-and-fire neurons, \
      weights become 8-bit integers, and biases are corrected. With fewer bits (--weight-bits) \
      weights are fitted to what the spiking layers before them say.

      Spike codes and their default number of time steps:
        weighted  (6)   binary weighted spikes; equals the 6-bit network exactly
        phased    (31)  a layer integrates, then fires; equals 31 levels exactly
        rate      (64)  a spike or none in a step, in all layers at once

      With --neuron lif rectifiers become leaky neurons with a refractory time, fitted channel by \
      channel; the code is rate, a step 1 ms, of which there are 200 if not said otherwise. Cores whose \
      neurons decay get leaky neurons of whole numbers: 400 steps of 0.5 ms for loihi1 and loihi2, 200 of \
      1 ms for xylo, whose neurons all leak.

      EXAMPLES
        spikec compile model.h5 -o model.spk --calibration x_train.npy
        spikec compile model.h5 -o model.spk --code rate --timesteps 32 \\
          --calibration train.npz:x_train --labels train.npz:y_train
        spikec compile model.h5 -o model.spk --calibration images/ \\
          --mean 0.5 --std 0.25
        Lay it out on the cores of a chip (allocation tables in a folder):
          spikec compile model.h5 -o tables --target loihi1 --timesteps 64 \\
            --calibration x_train.npy
        Lay its weights out on analog arrays, which read values and need no calibration, with as many
        copies as 500 tiles hold:
          spikec compile model.h5 -o tables --target rpu --tiles 500
        See the network after a pass, or get it as text instead of an artefact:
          spikec compile model.h5 -o model.spk --calibration x_train.npy \\
            --print-ir-after convert
          spikec compile model.h5 -o folded.sir --calibration x_train.npy \\
            --stop-after ann
      """)

  @Argument(help: "The model: .keras, .h5, .onnx, or .sir.")
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to write: the artefact (.spk), a folder of tables for other machines, or the "
        + "network as text (.sir).", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "What to compile for, of 'spikec list targets', or a description (.json).", valueName: "name")
  )
  var target = "cpu"

  @Option(
    help: ArgumentHelp(
      "The most tiles of analog arrays that copies of layers may take, or 'all' that the machine "
        + "has. Without it the network takes as few as hold it.", valueName: "n"))
  var tiles: String?

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup var conversion: ConversionOptions

  @OptionGroup(title: "Calibration") var calibration: CalibrationOptions

  @Option(
    help: ArgumentHelp(
      "The classes of the calibration images, to report the accuracy before and after.",
      valueName: "labels"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "Passes to run in place of the standard ones: 'spikec list passes'.",
      valueName: "pipeline"))
  var passes: String?

  @Option(
    help: ArgumentHelp(
      "Stop after this level and write the network as text.", valueName: "level"))
  var stopAfter: LevelName?

  @OptionGroup(title: "Passes") var passOptions: PassOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    if labels != nil && calibration.calibration.isEmpty {
      throw ValidationError("'--labels' are those of the calibration images: give '--calibration'")
    }
    if let tiles, tiles != "all", (Int(tiles) ?? 0) < 1 {
      throw ValidationError("'--tiles' is '\(tiles)', expected a number from 1, or 'all'")
    }
  }

  func run() throws {
    var request = CompileRequest(model: model, output: output)
    request.importing = modelOptions.options
    request.target = target
    request.conversion = conversion.request
    request.passes = passOptions.request(pipeline: passes)
    request.calibration = try calibration.request(labels: labels)
    request.lastLevel = stopAfter?.level
    if let tiles { request.tiles = Int(tiles).map { TileBudget.most($0) } ?? .all }
    let session = session
    let report = try explaining(model: model, target: target, json: json) {
      () throws(CompileError) in try session.compile(request)
    }
    try session.console.print(json ? report.json.text : report.text)
  }
}
