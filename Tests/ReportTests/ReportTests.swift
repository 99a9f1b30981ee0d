import Foundation
import Testing

@testable import Report

@Suite("Report pages") struct ReportTests {

  private func isWellFormed(_ xml: String) -> Bool {
    var open: [Substring] = []
    var rest = Substring(xml)
    while let start = rest.firstIndex(of: "<") {
      guard let end = rest[start...].firstIndex(of: ">") else { return false }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasSuffix("/") || tag.hasPrefix("!") || tag.hasPrefix("meta") { continue }
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else {
        open.append(tag.prefix { $0 != " " })
      }
    }
    return open.isEmpty
  }

  @Test("writes a page whose elements are closed") func page() {
    var page = HTMLPage(title: "a < b & \"c\"")
    page.heading("stages")
    page.paragraph("x > y")
    page.list(["one", "two"])
    page.table(["name", ">value"], [["a", .init("1.5", heat: 0.5)], ["b", "2"]])
    page.figure(
      BarChart([.init("bar", -1, label: "-1"), .init("other", 2, label: "2")]), caption: "c")
    page.figure(
      LineChart(
        xTitle: "x", yTitle: "y",
        series: [.init("s", [.init(1, 2), .init(3, 4, label: "p")]), .init("t", [])],
        isLogarithmic: true, reference: (3, "r")), caption: "d")
    page.figure(
      GridMap(
        columns: 4, rows: 2,
        places: [
          .init(x: 1, y: 0, parts: [0, 0.5, 1], label: "cores < 3"),
          .init(x: 3, y: 1, parts: [], label: ""),
        ],
        links: [.init(from: (1, 0), to: (2, 0), value: 1, label: "busy")], chip: (3, 2)),
      caption: "e")
    #expect(isWellFormed(page.text))
    #expect(page.text.contains("<title>cores &lt; 3</title>"))
    #expect(page.text.contains("<h1>a &lt; b &amp; &quot;c&quot;</h1>"))
    #expect(page.text.contains("rgba(230,110,20,0.375)"))
    #expect(!page.text.contains("nan") && !page.text.contains("inf"))
  }

  @Test("draws links around a torus as two ends at the borders") func torus() {
    let map = GridMap(
      columns: 4, rows: 3, places: [],
      links: [
        .init(from: (3, 1), to: (0, 1), value: 1, label: "east"),
        .init(from: (0, 0), to: (3, 2), value: 1, label: "south-west"),
        .init(from: (1, 1), to: (2, 1), value: 1, label: "inside"),
      ])
    // Places are 56 wide; lines lie a twentieth beside the centers: x1, y1, x2, y2 of each.
    let expected: [[Double]] = [
      [196, 86.8, 224, 86.8], [28, 86.8, 0, 86.8],
      [30.8, 25.2, 2.8, -2.8], [198.8, 137.2, 226.8, 165.2],
      [84, 86.8, 140, 86.8],
    ]
    let found = map.svg.split(separator: "<line ").dropFirst().map { line in
      line.split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }
        .prefix(4).compactMap { Double($0.element) }
    }
    #expect(found == expected)
    #expect(isWellFormed(map.svg))
  }

  @Test("marks round numbers", arguments: [(0.0, 1.0), (91.2, 93.4), (0, 64), (-3, 1e6), (5, 5)])
  func ticks(low: Double, high: Double) {
    let axis = Axis([low, high], from: 0, to: 100)
    #expect((2...11).contains(axis.ticks.count))
    #expect(axis.place(low) >= 0 && axis.place(high) <= 100)
    #expect(high == low || axis.place(low) < axis.place(high))
    #expect(axis.ticks[0] <= low && (axis.ticks.last ?? 0) >= high - 1e-9 * abs(high))
  }

  @Test("places equal factors at equal distances") func logarithmic() {
    let axis = Axis([1, 8], from: 0, to: 300, isLogarithmic: true)
    #expect(axis.ticks == [1, 2, 4, 8])
    for (i, x) in [1.0, 2, 4, 8].enumerated() {
      #expect(abs(axis.place(x) - 100 * Double(i)) < 1e-3)
    }
    #expect(abs(axis.place(3) - 158.496) < 0.01)
  }

  @Test("draws charts of nothing") func empty() {
    #expect(isWellFormed(BarChart([]).svg))
    #expect(isWellFormed(LineChart(xTitle: "", yTitle: "", series: []).svg))
  }
}
