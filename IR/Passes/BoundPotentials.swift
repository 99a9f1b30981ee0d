// The pass `bound-potentials`: a proof that registers of a given width suffice.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Bounds the potentials of a quantized network and compares them with a register's width.
  package static let boundPotentials = Pass.snn(
    name: "bound-potentials",
    summary: "prove that potentials fit registers of a given width",
    details: """
      For each population the smallest and the largest potential that any input can cause, in
      membrane units, are found by interval analysis: sources say at most their encoder's levels,
      neurons what their code and their own potentials allow, and a potential lies between the
      sums of the most negative and of the most positive terms, bias, initial potential and
      partial sums in any order included; under `rate` tick by tick. A remark for each population
      says the range and the number of bits. If a range does not fit 'width' bits, the pass ends
      with an error that names all populations concerned, or with a warning if 'overflow=warn':
      what happens then is up to the target. The network is not changed.
      Source: interval arithmetic, Moore (1966), chapter 2.
      """,
    options: [
      PassOption("width", .integer(2...64), default: "32", "the width of registers, bits"),
      PassOption(
        "overflow", .word(["refuse", "warn"]), default: "refuse",
        "what becomes of potentials that may not fit"),
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    let width = arguments.integer("width")
    let bounds = try liftingDiagnostic { () throws(Diagnostic) in try PotentialBounds(graph) }
    var failures: [Diagnostic] = []
    for id in graph.populations.ids {
      guard let range = bounds.potential(of: id) else { continue }
      let name = graph[id].name
      context.sink.report(.bounded(name, range))
      context.count("populations", of: "bound-potentials")
      if range.bits > width { failures.append(.exceeding(name, range, width: width)) }
    }
    if failures.isEmpty { return }
    guard arguments.word("overflow") == "refuse" else {
      for failure in failures { context.sink.report(failure.asWarning) }
      return
    }
    throw CompileError(failures)
  }
}

extension Diagnostic {

  /// Returns a remark on the potentials of a population.
  fileprivate static func bounded(_ name: String, _ range: ValueRange) -> Diagnostic {
    .remark(
      "bound-potentials.range",
      "potentials of '\(name)' lie in [\(range.low.asInteger), \(range.high.asInteger)]: "
        + "\(range.bits, of: "bit")", at: .entity(name))
  }

  /// Returns an error about potentials that may not fit.
  fileprivate static func exceeding(
    _ name: String, _ range: ValueRange, width: Int
  ) -> Diagnostic {
    .error(
      "bound-potentials.overflow",
      "potentials of '\(name)' may need \(range.bits, of: "bit"), there are \(width)",
      at: .entity(name),
      notes: ["quantize with fewer bits for weights, or convert with fewer time steps"],
      exitCode: .doesNotFit)
  }

  /// The same problem as a warning.
  fileprivate var asWarning: Diagnostic {
    .warning(id, message, at: site, notes: notes)
  }
}

extension Double {

  /// The number without fraction, as text.
  fileprivate var asInteger: String { Int64(exactly: self).map { "\($0)" } ?? "\(self)" }
}
