// The result of `attribute` as a page with drawings.

internal import Report

extension AttributionReport {

  /// The report as a page.
  var page: HTMLPage {
    var page = HTMLPage(title: "Where accuracy is lost: \(request.model)")
    page.paragraph(
      "\(counted(images, "image")), calibrated on \(grouped(calibrationImages)). Passes: "
        + "\(pipeline)")
    addStages(to: &page)
    addLayers(to: &page)
    addAnytime(to: &page)
    addSweep(to: &page)
    return page
  }

  private func addStages(to page: inout HTMLPage) {
    page.heading("Stages")
    let verdict = blame
    page.paragraph(blameText.split(separator: "\n").first.map { String($0) } ?? "")
    if let verdict { page.list(verdict.advice) }
    let bars = stages.compactMap { stage in
      stage.lost.map {
        BarChart.Bar(
          stage.name, $0 * 100, label: "\(percent($0)) ± \(percent(stage.lostError))",
          isMarked: stage.name == verdict?.stage)
      }
    }
    if !bars.isEmpty {
      page.figure(BarChart(bars), caption: "Points of accuracy lost at each stage.")
    }
    page.table(
      [
        "stage", ">accuracy, %", ">lost, points", ">±", ">agreement, %", ">output error, %",
        "what it is",
      ],
      stages.map { stage in
        [
          .init(stage.name), .init(percent(stage.accuracy)), .init(percent(stage.lost)),
          .init(percent(stage.lostError)), .init(percent(stage.agreement)),
          .init(percent(stage.relativeError)), .init(Stage.summaries[stage.name] ?? ""),
        ]
      })
  }

  private func addLayers(to page: inout HTMLPage) {
    let compared = stages.filter { !$0.layers.isEmpty }
    guard !compared.isEmpty else { return }
    page.heading("Layers")
    page.paragraph("Relative error of what a layer says, in per cent of the model's own values.")
    let worst = compared.flatMap(\.layers).map(\.relativeError).max() ?? 0
    page.table(
      ["layer"] + compared.map { ">\($0.name)" },
      layerNames.map { name in
        [.init(name)]
          + compared.map { stage in
            let error = stage.layers.first { $0.name == name }?.relativeError
            return .init(percent(error), heat: worst > 0 ? error.map { $0 / worst } : nil)
          }
      })
  }

  private func addAnytime(to page: inout HTMLPage) {
    guard let anytime else { return }
    page.heading("Time")
    let curve = anytime.compactMap { point in
      point.accuracy.map { LineChart.Point(Double(point.timestep), $0 * 100) }
    }
    let model = stages.first?.accuracy.map { (y: $0 * 100, name: "the model") }
    if !curve.isEmpty {
      page.figure(
        LineChart(
          xTitle: "time steps", yTitle: "accuracy, %", series: [.init("accuracy", curve)],
          reference: model),
        caption: "Accuracy, had the run ended after a time step.")
    }
    page.figure(
      LineChart(
        xTitle: "time steps", yTitle: "spikes per image",
        series: [
          .init("spikes", anytime.map { .init(Double($0.timestep), $0.spikesPerImage) })
        ]),
      caption: "Spikes emitted by then.")
  }

  private func addSweep(to page: inout HTMLPage) {
    guard let sweep else { return }
    page.heading("Other settings")
    let names = sweep.map { "\($0.code), \($0.weightBits) bits" }
    var series: [LineChart.Series] = []
    for (i, name) in names.enumerated() where names.firstIndex(of: name) == i {
      let points = sweep.indices.filter { names[$0] == name }.compactMap { j in
        (sweep[j].accuracy ?? sweep[j].agreement).map {
          LineChart.Point(
            sweep[j].synapticOperationsPerImage / 1e6, $0 * 100, label: "\(sweep[j].timesteps)")
        }
      }
      series.append(.init(name, points))
    }
    let reference = stages.first?.accuracy.map { (y: $0 * 100, name: "the model") }
    page.figure(
      LineChart(
        xTitle: "synaptic operations per image, millions",
        yTitle: hasLabels ? "accuracy, %" : "agreement, %", series: series, isLogarithmic: true,
        reference: reference),
      caption: "Accuracy over work; points are named by their time steps.")
    page.table(
      [
        "code", ">time steps", ">weight bits", ">accuracy, %", ">agreement, %", ">spikes/neuron",
        ">synaptic operations", ">images/s",
      ],
      sweep.map { point in
        [
          .init(point.code), .init("\(point.timesteps)"), .init("\(point.weightBits)"),
          .init(percent(point.accuracy)), .init(percent(point.agreement)),
          .init(fixed(point.spikesPerNeuron, 2)),
          .init(fixed(point.synapticOperationsPerImage, 0)), .init(fixed(point.imagesPerSecond, 0)),
        ]
      })
  }
}
