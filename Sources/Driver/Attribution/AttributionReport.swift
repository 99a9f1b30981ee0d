// The result of `attribute`, as JSON and as text (schema `spikec-attribute/1`).

internal import SpikeIR

/// Where accuracy is lost.
package struct AttributionReport: Sendable {

  let request: AttributionRequest
  let pipeline: String
  let images: Int
  let calibrationImages: Int
  let hasLabels: Bool
  let stages: [StageMeasure]
  var target: String?
  var code: SpikeCode?
  var anytime: [AnytimePoint]?
  var sweep: [SweepPoint]?

  init(
    request: AttributionRequest, pipeline: String, images: Int, calibrationImages: Int,
    hasLabels: Bool, stages: [StageMeasure]
  ) {
    (self.request, self.pipeline, self.images) = (request, pipeline, images)
    (self.calibrationImages, self.hasLabels, self.stages) = (calibrationImages, hasLabels, stages)
  }

  /// The stage to blame, `nil` if nothing is lost beyond chance.
  var blame: Blame? { Blame(stages, code: code) }

  /// The names of the layers that were compared, in their order.
  var layerNames: [String] {
    stages.max { $0.layers.count < $1.layers.count }?.layers.map(\.name) ?? []
  }

  /// The report as a JSON object.
  package var json: JSON {
    [
      "schema": "spikec-attribute/1",
      "model": .string(request.model),
      "passes": .string(pipeline),
      "target": .string(target ?? "cpu"),
      "code": JSON(code?.keyword),
      "timesteps": JSON(code?.timesteps),
      "images": .integer(images),
      "calibrationImages": .integer(calibrationImages),
      "stages": .array(stages.map(\.json)),
      "blame": blame?.json ?? .null,
      "anytime": anytime.map { .array($0.map(\.json)) } ?? .null,
      "sweep": sweep.map { .array($0.map(\.json)) } ?? .null,
    ]
  }

  /// The report for people.
  package var text: String {
    var parts = [stageTable.text]
    if let layers = layerTable { parts.append("relative error of layers, %\n\n" + layers.text) }
    parts.append(blameText)
    if let anytime { parts.append("had the run ended earlier\n\n" + table(of: anytime).text) }
    if let sweep { parts.append("other settings\n\n" + table(of: sweep).text) }
    return parts.joined(separator: "\n\n")
  }

  private var stageTable: Table {
    var table = Table([
      "stage", ">accuracy", ">lost", ">±", ">agreement", ">output error", "what it is",
    ])
    for stage in stages {
      table.add([
        stage.name, percent(stage.accuracy), percent(stage.lost), percent(stage.lostError),
        percent(stage.agreement), percent(stage.relativeError), Stage.summaries[stage.name] ?? "",
      ])
    }
    return table
  }

  private var layerTable: Table? {
    let compared = stages.filter { !$0.layers.isEmpty }
    guard !compared.isEmpty else { return nil }
    var table = Table(["layer"] + compared.map { ">\($0.name)" })
    for name in layerNames {
      table.add(
        [name]
          + compared.map { stage in
            percent(stage.layers.first { $0.name == name }?.relativeError)
          })
    }
    return table
  }

  /// The verdict in words.
  var blameText: String {
    guard let blame else {
      return hasLabels
        ? "no stage loses accuracy beyond chance"
        : "no stage changes the classification"
    }
    let layer = blame.layer.map { ", most of it in '\($0)'" } ?? ""
    let regained =
      blame.regained > 0 ? "; later stages win back \(percent(blame.regained))" : ""
    return "most is lost at the stage '\(blame.stage)': \(percent(blame.lost)) points\(layer)"
      + "\(regained)\n"
      + blame.advice.map { "  try: \($0)" }.joined(separator: "\n")
  }

  private func table(of points: [AnytimePoint]) -> Table {
    var table = Table([">time steps", ">accuracy", ">spikes per image"])
    for point in points where point.timestep.nonzeroBitCount == 1 || point == points.last {
      table.add([
        "\(point.timestep)", percent(point.accuracy), fixed(point.spikesPerImage, 0),
      ])
    }
    return table
  }

  private func table(of points: [SweepPoint]) -> Table {
    var table = Table([
      "code", ">time steps", ">weight bits", ">accuracy", ">agreement", ">spikes/neuron",
      ">synaptic operations", ">images/s",
    ])
    for point in points {
      table.add([
        point.code, "\(point.timesteps)", "\(point.weightBits)", percent(point.accuracy),
        percent(point.agreement), fixed(point.spikesPerNeuron, 2),
        fixed(point.synapticOperationsPerImage, 0), fixed(point.imagesPerSecond, 0),
      ])
    }
    return table
  }
}

/// Returns the part `x` as a number of hundredths, `-` if it is not known.
func percent(_ x: Double?) -> String { x.map { fixed($0 * 100, 2) } ?? "-" }

extension StageMeasure {

  fileprivate var json: JSON {
    [
      "name": .string(name), "accuracy": JSON(accuracy), "lost": JSON(lost),
      "lostStandardError": JSON(lostError), "agreement": JSON(agreement),
      "relativeError": .number(relativeError),
      "layers": .array(
        layers.map {
          ["name": .string($0.name), "relativeError": .number($0.relativeError)]
        }),
    ]
  }
}

extension Blame {

  fileprivate var json: JSON {
    [
      "stage": .string(stage), "lost": .number(lost), "regained": .number(regained),
      "layer": JSON(layer),
      "advice": JSON(advice),
    ]
  }
}

extension AnytimePoint {

  fileprivate var json: JSON {
    [
      "timesteps": .integer(timestep), "accuracy": JSON(accuracy),
      "spikesPerImage": .number(spikesPerImage),
    ]
  }
}

extension SweepPoint {

  fileprivate var json: JSON {
    [
      "code": .string(code), "timesteps": .integer(timesteps), "weightBits": .integer(weightBits),
      "accuracy": JSON(accuracy), "agreement": JSON(agreement),
      "spikesPerNeuron": .number(spikesPerNeuron),
      "synapticOperationsPerImage": .number(synapticOperationsPerImage),
      "imagesPerSecond": .number(imagesPerSecond),
    ]
  }
}
