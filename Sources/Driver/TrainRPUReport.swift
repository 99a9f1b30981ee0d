// The result of training on arrays, as JSON, as text, and as a drawing (schema `spikec-train-rpu/1`).

internal import Crossbar
internal import Diagnostics
internal import Kernels
internal import Report
package import SpikeTraining

/// What training on arrays gave.
package struct TrainRPUReport: Sendable {

  /// A layer on arrays, and what they did.
  struct Layer: Sendable {
    var name: String
    var inputs, outputs, positions: Int
    var arrays, devicesPerWeight: Int
    var activity: ArrayActivity
  }

  /// What was asked.
  var request: TrainRPURequest

  /// The number of samples, and of samples that were tested on.
  var images: Int
  var tests: Int?

  /// The layers, in order; none if matrices in memory were trained.
  var layers: [Layer]

  /// The epochs.
  package var epochs: [OnlineEpoch]

  /// The multiplications of one forward pass of a sample.
  var multiplications: Int

  /// The time from start to end, seconds.
  var wallSeconds: Double

  /// Returns what the arrays of a network did.
  static func layers(of arrays: TrainedArrays?) -> [Layer] {
    (arrays?.matrices ?? []).map { task, matrix in
      Layer(
        name: task.layer, inputs: task.inputs, outputs: task.outputs, positions: task.positions,
        arrays: matrix.arrayCount, devicesPerWeight: matrix.devicesPerWeight,
        activity: matrix.activity)
    }
  }

  /// The test error after each epoch; empty without a test.
  private var testErrors: [Double] { epochs.compactMap { $0.test.map { 1 - $0.accuracy } } }

  /// The mean test error of the last epochs, at most five; `nil` without a test.
  private var lastError: Double? {
    let last = testErrors.suffix(5)
    return last.isEmpty ? nil : last.reduce(0, +) / Double(last.count)
  }

  /// The report as a JSON object.
  package var json: JSON {
    [
      "schema": "spikec-train-rpu/1",
      "model": .string(request.model),
      "target": .string(request.target),
      "exact": .bool(request.isExact),
      "images": .integer(images),
      "testImages": tests.map { .integer($0) } ?? .null,
      "learningRate": .number(Double(request.training.rate)),
      "slots": request.slots.map { .integer($0) } ?? .null,
      "managesSlots": .bool(request.managesSlots),
      "managesGains": .bool(request.managesGains),
      "noiseManagement": request.noiseManagement.map { .string($0.rawValue) } ?? .null,
      "boundManagement": request.boundManagement.map { .string($0.rawValue) } ?? .null,
      "seed": .integer(Int(truncatingIfNeeded: request.training.seed)),
      "chipSeed": .integer(Int(truncatingIfNeeded: request.chipSeed)),
      "layers": .array(layers.map(\.json)),
      "epochs": .array(epochs.map(\.json)),
      "testError": JSON(testErrors.last),
      "meanTestErrorOfLastFive": JSON(lastError),
      "multiplicationsPerImage": .integer(multiplications),
      "wallSeconds": .number(wallSeconds),
    ]
  }

  /// The report as lines of text.
  package var text: String {
    var lines: [String] = []
    if !layers.isEmpty {
      var table = Table([
        "layer", ">rows", ">columns", ">vectors", ">devices", ">arrays", ">passes a vector",
        ">back", ">coincidences an update",
      ])
      for layer in layers {
        let activity = layer.activity
        table.add([
          layer.name, "\(layer.inputs)", "\(layer.outputs)", "\(layer.positions)",
          "\(layer.devicesPerWeight)", "\(layer.arrays)",
          ratio(activity.forward.passes, activity.forward.vectors),
          ratio(activity.backward.passes, activity.backward.vectors),
          ratio(activity.coincidences, activity.updates),
        ])
      }
      lines.append(table.text)
    }
    var table = Table(["epoch", ">loss", ">error", ">test loss", ">test error", ">seconds"])
    for epoch in epochs {
      table.add([
        "\(epoch.epoch)", fixed(epoch.training.loss, 4), percentText(1 - epoch.training.accuracy),
        epoch.test.map { fixed($0.loss, 4) } ?? "–",
        epoch.test.map { percentText(1 - $0.accuracy) } ?? "–", fixed(epoch.seconds, 1),
      ])
    }
    lines.append(table.text)
    if let lastError, testErrors.count > 1 {
      lines.append(
        "mean test error of the last \(min(5, testErrors.count), of: "epoch"): "
          + "\(percentText(lastError))")
    }
    return lines.joined(separator: "\n")
  }

  /// The errors by epoch.
  var chart: LineChart {
    func curve(_ value: (OnlineEpoch) -> Double?) -> [LineChart.Point] {
      epochs.compactMap { epoch in value(epoch).map { .init(Double(epoch.epoch), 100 * $0) } }
    }
    var series = [LineChart.Series("training", curve { 1 - $0.training.accuracy })]
    let tested = curve { $0.test.map { 1 - $0.accuracy } }
    if !tested.isEmpty { series.insert(.init("test", tested), at: 0) }
    return LineChart(xTitle: "epoch", yTitle: "error, %", series: series)
  }

  /// The report as a page.
  var page: HTMLPage {
    var page = HTMLPage(title: "Training on arrays: \(request.model) on \(request.target)")
    page.figure(
      chart, caption: "Errors after each epoch; while training, of images before they are learnt.")
    page.table(
      ["epoch", ">loss", ">error", ">test error"],
      epochs.map { epoch in
        [
          .init("\(epoch.epoch)"), .init(fixed(epoch.training.loss, 4)),
          .init(percentText(1 - epoch.training.accuracy)),
          .init(epoch.test.map { percentText(1 - $0.accuracy) } ?? "–"),
        ]
      })
    return page
  }
}

extension TrainRPUReport.Layer {

  fileprivate var json: JSON {
    [
      "name": .string(name), "rows": .integer(inputs), "columns": .integer(outputs),
      "vectorsPerImage": .integer(positions), "arrays": .integer(arrays),
      "devicesPerWeight": .integer(devicesPerWeight),
      "forwardVectors": .integer(activity.forward.vectors),
      "forwardPasses": .integer(activity.forward.passes),
      "clippedOutputs": .integer(activity.forward.clippedOutputs),
      "backwardVectors": .integer(activity.backward.vectors),
      "backwardPasses": .integer(activity.backward.passes),
      "updates": .integer(activity.updates),
      "coincidences": .integer(activity.coincidences),
    ]
  }
}

extension OnlineEpoch {

  fileprivate var json: JSON {
    [
      "epoch": .integer(epoch), "loss": .number(training.loss),
      "error": .number(1 - training.accuracy),
      "testLoss": JSON(test?.loss), "testError": JSON(test.map { 1 - $0.accuracy }),
      "seconds": .number(seconds),
    ]
  }
}

/// Returns a/b with two digits; a dash if there is no b.
private func ratio(_ a: Int, _ b: Int) -> String {
  b == 0 ? "–" : fixed(Double(a) / Double(b), 2)
}
