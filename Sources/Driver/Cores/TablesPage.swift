// The command `report`: a page on a compiled network, with maps of cores and links.

internal import DataIO
package import Diagnostics
internal import EventCPU
internal import HardwareTargets
internal import Kernels
internal import NeuroCore
internal import Report
internal import SpikeExecution
internal import SpikeIR

/// What the user asks of `report`.
package struct ReportRequest: Sendable {

  /// The compiled network: a file, or a folder of allocation tables.
  package var artefact: String

  /// Where to write the page.
  package var output: String

  /// The samples to run, if any.
  package var data: DataRequest?

  /// Creates a request for a page on `artefact`, at `output`.
  package init(artefact: String, output: String) {
    self.artefact = artefact
    self.output = output
  }
}

extension Session {

  /// Writes a page on a compiled network.
  ///
  /// - Throws: what opening, reading, running and writing throw.
  package func report(_ request: ReportRequest) throws(CompileError) {
    try refuse(
      output: request.output, overwriting: [request.artefact] + (request.data?.files ?? []))
    let output = try liftingDiagnostic { () throws(Diagnostic) in
      try OutputFile(creating: request.output)
    }
    var page = HTMLPage(title: "Compiled network: \(request.artefact)")
    if CrossbarFolder.recognizes(request.artefact) {
      let folder = try CrossbarFolder(openingAt: request.artefact, session: self)
      folder.describe(in: &page)
      if let data = request.data {
        page.heading("Run")
        page.table(
          ["an image", ">"],
          try read(folder, on: data).rows.map { [.init($0.0), .init($0.1)] })
      }
    } else if AllocationFolder.recognizes(request.artefact) {
      let tables = try AllocationFolder(readingAt: request.artefact)
      let run = try request.data.map { data throws(CompileError) in
        try emulate(tables.allocation, on: data)
      }
      tables.allocation.describe(in: &page, run)
    } else {
      let graph = try Artefact.read(request.artefact).graph
      addLayers(of: graph, to: &page)
    }
    let text = page.text
    try liftingDiagnostic { () throws(Diagnostic) in
      try output.write(Array(text.utf8))
      try output.commit()
    }
  }

  private func emulate(
    _ allocation: Allocation, on data: DataRequest
  ) throws(CompileError) -> EmulationReport {
    let graph = allocation.graph
    let samples = try Samples(
      data, for: graph.networkInputs, classifier: graph.classifier, console: console)
    let emulator = try MeshEmulator(loading: allocation)
    let console = self.console
    let result = try emulator.run(
      count: samples.count, options: RunOptions(threads: processorCount),
      input: { samples.values($0) },
      progress: { console.progress("emulating", Double($0) / Double(samples.count)) })
    try samples.throwIfFailed()
    return result.report
  }

  private func addLayers(of graph: SpikingGraph, to page: inout HTMLPage) {
    page.heading("Layers")
    page.table(
      ["layer", "kind", "shape", ">neurons", ">weights"],
      LayerRow.rows(of: .snn(graph)).map {
        [
          .init($0.name), .init($0.kind), .init("\($0.shape)"), .init(grouped($0.neurons)),
          .init(grouped($0.weights)),
        ]
      })
  }
}

extension Allocation {

  /// Adds everything about the allocation to `page`, and what happened in a run if there was one.
  fileprivate func describe(in page: inout HTMLPage, _ run: EmulationReport?) {
    let summary = self.summary
    page.paragraph(
      "\(counted(summary.neurons, "neuron")) and \(counted(summary.synapses, "synapse")) of "
        + "'\(graph.name)' on \(counted(summary.cores, "core")) of "
        + "\(counted(summary.chips, "chip")), \(target.title).")
    addResources(summary, to: &page)
    addMap(to: &page, run)
    addPopulations(to: &page)
    if let run { addRun(run, to: &page) }
  }

  private func addResources(_ summary: AllocationSummary, to page: inout HTMLPage) {
    page.heading("Resources")
    page.table(
      ["resource", ">used", ">available", ">of the fullest core", ">binds on"],
      summary.resources.map { resource in
        [
          .init(resource.name), .init(grouped(resource.used)),
          .init(resource.available.map { grouped($0) } ?? "unknown"),
          .init(
            resource.largestPart.map { fixed(100 * $0, 1) + " %" } ?? "–",
            heat: resource.largestPart),
          .init(resource.bindsOn == 0 ? "–" : counted(resource.bindsOn, "core")),
        ]
      })
    if let mean = summary.meanUtilization {
      page.paragraph(
        "Of the resource that binds, a core uses \(fixed(100 * mean, 1)) % on average.")
    }
  }

  /// Adds the map of cores, with the traffic of links if there was a run.
  private func addMap(to page: inout HTMLPage, _ run: EmulationReport?) {
    guard let grid = try? grid() else { return }
    var entries: [Int: CoreEntry] = [:]
    for core in cores { entries[core.number] = core }
    // Every router shows all of its cores, those without neurons too, each in its place.
    var routers: [Int32: [Int]] = [:]
    for (place, router) in grid.routers.enumerated() { routers[router, default: []].append(place) }
    let places = routers.compactMap { router, own -> GridMap.Place? in
      let held = own.compactMap { entries[$0] }
      guard !held.isEmpty else { return nil }
      let point = grid.point(ofRouter: Int(router))
      return GridMap.Place(
        x: point.x, y: point.y,
        parts: own.map { entries[$0].flatMap { binding(of: $0)?.utilization } ?? 0 },
        label: held.map { describe($0) }.joined(separator: "\n"))
    }
    let most = max(1, run?.links.map(\.packets).max() ?? 1)
    let links = (run?.links ?? []).filter { $0.packets > 0 }.map {
      GridMap.Link(
        from: ($0.from.x, $0.from.y), to: ($0.to.x, $0.to.y),
        value: Double($0.packets) / Double(most),
        label: "\(counted($0.packets, "packet")) from \($0.from.x),\($0.from.y)")
    }
    page.heading("Cores")
    page.figure(
      GridMap(
        columns: grid.columns, rows: grid.rows,
        places: places.sorted { ($0.y, $0.x) < ($1.y, $1.x) }, links: links,
        chip: (grid.chipColumns, grid.chipRows)),
      caption:
        "How much of its scarcest resource each core uses, pale to dark; the outlines are chips."
        + (run == nil
          ? "" : " Blue lines are links of routers, the darker and wider the more packets."))
  }

  private func describe(_ core: CoreEntry) -> String {
    let names = Set(
      mapped.slices.elements.filter { $0.core == core.number }.map { graph[$0.population].name })
    let use = binding(of: core).map { ": \(fixed(100 * $0.utilization, 0)) % of \($0.resource)" }
    return "core \(core.number)\(use ?? ""), \(names.sorted().joined(separator: ", "))"
  }

  private func addPopulations(to page: inout HTMLPage) {
    page.heading("Layers")
    let slices = mapped.slicesByPopulation()
    page.table(
      ["layer", "kind", "shape", ">neurons", ">slices", ">cores", "largest slice", ">first tick"],
      graph.populations.ids.filter { graph[$0].hasNeurons }.map { id in
        let own = slices[id.index].map { mapped.slices[$0] }
        let largest = own.max { $0.box.count < $1.box.count }?.box
        return [
          .init(graph[id].name), .init(graph[id].model.mnemonic), .init("\(graph[id].shape)"),
          .init(grouped(graph[id].shape.count)), .init(grouped(own.count)),
          .init(grouped(Set(own.map(\.core)).count)),
          .init(
            largest.map { "\($0.rows.count) × \($0.columns.count) × \($0.channels.count)" } ?? ""),
          .init("\(starts[id.index])"),
        ]
      })
  }

  private func addRun(_ run: EmulationReport, to page: inout HTMLPage) {
    page.heading("Run")
    page.paragraph("\(counted(run.images, "image")).")
    let emulation = Emulation(run)
    page.table(["an image", ">"], emulation.rows.map { [.init($0.0), .init($0.1)] })
    page.figure(
      LineChart(
        xTitle: "tick", yTitle: "synaptic operations, an image", series: run.loadSeries(cores: 4)),
      caption:
        "What cores do in each tick: the busiest four, and all cores on average.")
    let busiest = run.links.sorted { $0.packets > $1.packets }.prefix(10)
    if let first = busiest.first, first.packets > 0 {
      page.table(
        ["link from", "to", ">packets an image"],
        busiest.map {
          [
            .init("\($0.from.x),\($0.from.y)"), .init("\($0.to.x),\($0.to.y)"),
            .init(
              fixed(Double($0.packets) / Double(max(1, run.images)), 1),
              heat: Double($0.packets) / Double(first.packets)),
          ]
        })
    }
  }
}

extension EmulationReport {

  /// Returns the synaptic operations of an image by tick: of the busiest cores, and on average.
  fileprivate func loadSeries(cores most: Int) -> [LineChart.Series] {
    guard load.cores > 0 else { return [] }
    let ticks = load.synapticOperations.count / load.cores
    let perImage = 1 / Double(max(1, images))
    func series(_ name: String, _ value: (_ tick: Int) -> Double) -> LineChart.Series {
      LineChart.Series(name, (0..<ticks).map { .init(Double($0), value($0) * perImage) })
    }
    let busiest = cores.indices.sorted {
      (cores[$1].synapticOperations, $0) < (cores[$0].synapticOperations, $1)
    }
    return busiest.prefix(most).map { core in
      series("core \(cores[core].number)") {
        Double(load.synapticOperations[$0 * load.cores + core])
      }
    } + [
      series("mean") { tick in
        let row = load.synapticOperations[tick * load.cores..<(tick + 1) * load.cores]
        return Double(row.reduce(0, +)) / Double(load.cores)
      }
    ]
  }
}
