// Updates by pulses for comparison with other simulators: the changes of single updates of a small
// array as mean and deviation, and the time of updates of a large one.
//
// Run by pulse_updates.py. Arguments: slots, managed gains (0 or 1), managed slots (0 or 1), learning
// rate, step, noise of steps, updates, and the vectors as numbers joined by commas. Prints JSON.

import Crossbar
import Kernels

private func numbers(_ text: String) -> [Float] {
  text.split(separator: ",").compactMap { Float($0) }
}

private struct Settings {
  var options = PulseOptions()
  var rate: Float
  var model: PulsedDeviceModel
  var updates: Int
  var inputs, errors: [Float]

  init?(_ arguments: [String]) {
    guard arguments.count == 10, let slots = Int(arguments[1]), let rate = Float(arguments[4]),
      let step = Double(arguments[5]), let noise = Double(arguments[6]),
      let updates = Int(arguments[7])
    else { return nil }
    options.slots = slots
    options.managesGains = arguments[2] == "1"
    options.managesSlots = arguments[3] == "1"
    model = PulsedDeviceModel(step: step, bound: 100)
    model.stepNoise = noise
    (self.rate, self.updates) = (rate, updates)
    (inputs, errors) = (numbers(arguments[8]), numbers(arguments[9]))
  }

  /// The mean and the deviation of the change of each weight, row by row.
  func changes() -> (mean: [Double], deviation: [Double]) {
    let count = inputs.count * errors.count
    let fresh = PulsedArray(
      [Float](repeating: 0, count: count), inputs: inputs.count, model: model, chipSeed: 0)
    var sums = [Double](repeating: 0, count: count)
    var squares = sums
    for n in 0..<updates {
      var array = fresh
      array.update(
        inputs: inputs.span, errors: errors.span, rate: rate, options, RandomField(UInt64(n)))
      for (i, weight) in array.weights.enumerated() {
        sums[i] += Double(weight)
        squares[i] += Double(weight) * Double(weight)
      }
    }
    let mean = sums.map { $0 / Double(updates) }
    let deviation = squares.indices.map { i in
      max(0, squares[i] / Double(updates) - mean[i] * mean[i]).squareRoot()
    }
    return (mean, deviation)
  }

  /// Seconds of an update of an array of 512 × 512 whose vectors repeat those given.
  func seconds(updates: Int) -> Double {
    let size = 512
    let x = (0..<size).map { inputs[$0 % inputs.count] }
    let d = (0..<size).map { errors[$0 % errors.count] }
    var array = PulsedArray(
      [Float](repeating: 0, count: size * size), inputs: size, model: model, chipSeed: 0)
    let start = ContinuousClock.now
    for n in 0..<updates {
      array.update(inputs: x.span, errors: d.span, rate: rate, options, RandomField(UInt64(n)))
    }
    return (ContinuousClock.now - start) / .seconds(1) / Double(updates)
  }
}

if let settings = Settings(CommandLine.arguments) {
  let (mean, deviation) = settings.changes()
  print(
    "{\"mean\":\(mean),\"deviation\":\(deviation),\"seconds\":\(settings.seconds(updates: 200))}")
} else {
  print("usage: pulse-updates SLOTS GAINS SLOTS-MANAGED RATE STEP NOISE UPDATES X,X,… D,D,…")
}
