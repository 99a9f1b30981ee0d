// The report as people read it.

internal import Diagnostics
internal import SpikeIR

extension FitReport.Change {

  /// The change in words.
  package var text: String {
    switch self {
    case .tile(let tile): "cut the layer into tiles of \(tile)"
    case .search: "search for tiles instead of filling cores in order"
    case .weightBits(let bits):
      "store the weights with \(bits, of: "bit") ('--weight-bits \(bits)')"
    case .averagePooling:
      "use average instead of maximum pooling (the pass pool-maximum{as=average})"
    case .chips(let count): "use \(count, of: "chip")"
    case .joined(let count, let most):
      "use a machine of \(count, of: "chip"): a copy of the description ('spikec inspect TARGET "
        + "--json') with this 'count' of chips; up to \(most) can be joined"
    case .channels(let count): "train the layer with \(count, of: "channel")"
    case .inputChannels(let count): "train the layer's input with \(count, of: "channel")"
    case .kernel(let height, let width): "train the layer with a kernel of \(height)x\(width)"
    case .fanInParts(let parts, let most):
      "add up the input in \(parts, of: "part"), by neurons in between (the pass "
        + "split-fan-in{most=\(most)}, which runs if a description has the resource 'fanIn' \(most))"
    case .copies(let count): "send the spikes on by \(count, of: "copy", "copies") of each neuron"
    }
  }

  /// The keyword in machine-readable output.
  package var keyword: String {
    switch self {
    case .tile: "tile"
    case .search: "search"
    case .weightBits: "weight-bits"
    case .averagePooling: "average-pooling"
    case .chips: "chips"
    case .joined: "joined-chips"
    case .channels: "channels"
    case .inputChannels: "input-channels"
    case .kernel: "kernel"
    case .fanInParts: "fan-in-parts"
    case .copies: "copies"
    }
  }

  /// The number that goes with the keyword, several for extents, none for some.
  package var numbers: [Int] {
    switch self {
    case .tile(let tile): [tile.rows, tile.columns, tile.channels]
    case .search, .averagePooling: []
    case .weightBits(let n), .chips(let n), .channels(let n), .inputChannels(let n),
      .copies(let n):
      [n]
    case .fanInParts(let parts, let most): [parts, most]
    case .joined(let count, _): [count]
    case .kernel(let height, let width): [height, width]
    }
  }
}

extension FitReport {

  /// The report as a table, a line for each layer, slice and resource; changes are notes of `error`.
  ///
  /// ```
  /// layer  slice     core  resource     used  available
  /// conv1  64x64x32  a     kernelWords  8192      16384
  ///                        neuronWords  131072    65536  exceeded
  /// ```
  package var text: String {
    var rows = [["layer", "slice", "core", "resource", "used", "available", ""]]
    for layer in layers {
      for (a, attempt) in layer.attempts.enumerated() {
        for (u, use) in attempt.uses.enumerated() {
          rows.append([
            a == 0 && u == 0 ? layer.name : "", u == 0 ? attempt.tile.description : "",
            u == 0 ? attempt.kind : "", use.name, "\(use.used)",
            use.available.map { "\($0)" } ?? "unknown", use.isExceeded ? "exceeded" : "",
          ])
        }
      }
    }
    var lines = rows.count > 1 ? Self.aligned(rows) : []
    for layer in layers {
      lines.append("\(layer.name) \(layer.shape): bound by \(layer.binding)")
    }
    if let shortage {
      lines.append(
        "\(shortage.cores, of: "core") on \(shortage.chips, of: "chip"), at most "
          + "\(shortage.mostChips)")
      if !shortage.leftOver.isEmpty {
        lines.append("left over: " + shortage.leftOver.joined(separator: ", "))
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Returns the rows with columns of equal width; numbers to the right.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in
      rows.reduce(0) { max($0, $1[column].count) }
    }
    return rows.map { row in
      let cells = row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 4 || column == 5 ? blanks + row[column] : row[column] + blanks
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
