// The cells of a block in their places, and the sums that their columns form.

internal import Kernels

/// The arrays of one class, as emulation sees them.
struct EmulatedArrays: Sendable {

  /// How weights are held.
  var features: ArrayFeatures

  /// What reads do.
  var reading: ReadParameters

  /// What devices do.
  var devices: DeviceModel

  /// The largest whole number that a weight is rounded to, if weights are whole numbers.
  var largestCode: Double?

  /// Whether nothing is lost in an array but by rounding.
  var isIdeal: Bool {
    reading.isIdeal && devices.isIdeal && features.cells.cellBits == nil && largestCode == nil
  }

  /// Whether the weights of each output are scaled by themselves; not where nothing is gained by it.
  var scalesColumns: Bool { reading.scalesColumns && !isIdeal && largestCode == nil }

  /// What the largest weight of a block is in an array.
  var largestWeight: Double { largestCode ?? reading.largestWeight }
}

/// The cells of a block: [rows][outputs · cells of a weight, unit column].
struct HeldCells: Sendable {

  private let arrays: EmulatedArrays
  private let rows: Int
  private let outputs: Int

  /// Where the block lies, as wires see it.
  private let place: WirePlace

  /// The signs of abstract cells; empty for others.
  private var signs: [Float] = []

  /// The cells after programming.
  private let cells: ProgrammedCells

  /// Whether the last column has all cells on.
  let hasUnitColumn: Bool

  private var mapping: CellMapping { arrays.features.cells }
  private var columns: Int { outputs * mapping.cellCount + (hasUnitColumn ? 1 : 0) }

  /// Programs cells.
  ///
  /// - Parameters:
  ///   - weights: [rows, outputs].
  ///   - outputs: the number of outputs, at least 1.
  ///   - scale: the weight that is 1.
  ///   - arrays: what holds them.
  ///   - corner: the physical row and column of the array on which the block begins.
  ///   - chip: the random numbers of the block on its chip.
  init(
    _ weights: [Float], outputs: Int, scale: Double, _ arrays: EmulatedArrays,
    corner: (row: Int, column: Int) = (0, 0), chip: RandomField
  ) {
    self.arrays = arrays
    self.outputs = outputs
    rows = weights.count / outputs
    let end = corner.row + rows * arrays.features.rowsPerInput
    place = WirePlace(
      rowsBelow: max(0, arrays.features.rows - end), columnsBefore: max(0, corner.column))
    let mapping = arrays.features.cells
    hasUnitColumn = arrays.features.hasUnitColumns && mapping.offset != 0
    var targets: [Float] = []
    for i in 0..<rows {
      for o in 0..<outputs {
        var w = scale > 0 ? Double(weights[i * outputs + o]) / scale : 0
        if let most = arrays.largestCode { w = (w * most).rounded(.toNearestOrEven) / most }
        for cell in mapping.encode(w) {
          targets.append(Float(abs(cell)))
          if mapping.signs == .abstract { signs.append(cell < 0 ? -1 : 1) }
        }
      }
      if hasUnitColumn { targets.append(1) }
    }
    cells = ProgrammedCells(targets, arrays.devices, chip: chip)
  }

  /// Returns the relative weights that columns add up, [rows][slices · outputs, unit column].
  ///
  /// - Parameters:
  ///   - seconds: the time since programming; `nil` for right after it, without fluctuation.
  ///   - run: the random numbers of the block in a run.
  /// - Returns: what inputs are multiplied with, without units.
  func sums(after seconds: Double?, run: RandomField) -> [Float] {
    var g = seconds.map { cells.conductances(after: $0, run: run) } ?? cells.conductances
    if let wires = arrays.reading.wires { g = seen(g, behind: wires) }
    let (slices, devices, perWeight) = (mapping.slices, mapping.devices, mapping.cellCount)
    let (least, copies) = (Float(arrays.devices.least), Float(devices))
    // What all cells conduct at least is taken out digitally with the offset, or cancels.
    let stretch = 1 / (1 - least)
    var result: [Float] = []
    result.reserveCapacity(rows * (slices * outputs + 1))
    for i in 0..<rows {
      for s in 0..<slices {
        for o in 0..<outputs {
          var sum: Float = 0
          for sign in 0..<(mapping.signs == .pair ? 2 : 1) {
            for d in 0..<devices {
              let k = (sign * slices + s) * devices + d
              let cell = (g[i * columns + o * perWeight + k] - least) * stretch
              let isNegative =
                mapping.signs == .abstract
                ? signs[(i * outputs + o) * perWeight + k] < 0 : sign == 1
              sum += isNegative ? -cell : cell
            }
          }
          result.append(sum / copies)
        }
      }
      if hasUnitColumn { result.append((g[i * columns + columns - 1] - least) * stretch) }
    }
    return result
  }

  /// Returns what the cells of the block seem to conduct behind the wires of their arrays.
  private func seen(_ cells: [Float], behind wires: WireResistance) -> [Float] {
    guard arrays.features.spreadsOverArrays else {
      return seen(cells, places: Array(0..<columns), behind: wires)
    }
    // Cell k of each weight is on array k; the unit column is on the first.
    var result = cells
    for k in 0..<mapping.cellCount {
      var own = (0..<outputs).map { $0 * mapping.cellCount + k }
      if hasUnitColumn, k == 0 { own.append(columns - 1) }
      let part = (0..<rows).flatMap { i in own.map { cells[i * columns + $0] } }
      let behind = seen(part, places: own, behind: wires)
      for i in 0..<rows {
        for (j, column) in own.enumerated() {
          result[i * columns + column] = behind[i * own.count + j]
        }
      }
    }
    return result
  }

  /// Returns the same of cells on one array, [rows][`places`], where `places` are columns of the block.
  private func seen(_ cells: [Float], places: [Int], behind wires: WireResistance) -> [Float] {
    let (pitch, width) = (arrays.features.rowsPerInput, places.count)
    guard pitch > 1 else { return wires.seen(cells, rows: rows, columns: width, place: place) }
    // An input has a row for each sign; a cell is on that of its own, the other does not conduct.
    var physical = [Float](repeating: 0, count: cells.count * pitch)
    let own = cells.indices.map { n in
      let (i, j) = n.quotientAndRemainder(dividingBy: width)
      let k = i * outputs * mapping.cellCount + places[j]
      let isNegative = places[j] < outputs * mapping.cellCount && !signs.isEmpty && signs[k] < 0
      return (i * pitch + (isNegative ? 1 : 0)) * width + j
    }
    for n in cells.indices { physical[own[n]] = cells[n] }
    let behind = wires.seen(physical, rows: rows * pitch, columns: width, place: place)
    return own.map { behind[$0] }
  }

  /// Returns the factors that take drift out of results.
  ///
  /// A factor is the ratio of the mean magnitudes of what is read when one input after the other
  /// is 1, right after programming and now; 10⁻⁴ at least. The unit column is one of the columns of the
  /// block, and has a factor of its own where columns do.
  ///
  /// - Source: Joshi et al. (2020), global drift compensation; read with single inputs, as aihwkit.
  func compensation(of now: [Float]) -> DriftFactors {
    let kind = arrays.devices.compensation
    guard kind != .none, arrays.devices.changes, rows > 0 else { return DriftFactors() }
    let before = sums(after: nil, run: RandomField(0))
    let width = before.count / rows
    let unit = hasUnitColumn ? width - 1 : width
    func magnitude(_ values: [Float], _ isMeant: (_ column: Int) -> Bool) -> Float {
      var (sum, count) = (0.0, 0)
      for i in values.indices where isMeant(i % width) {
        sum += Double(abs(values[i]))
        count += 1
      }
      return Float(max(sum / Double(max(1, count)), 1e-4))
    }
    func factor(_ isMeant: (_ column: Int) -> Bool) -> Float {
      magnitude(before, isMeant) / magnitude(now, isMeant)
    }
    guard kind == .column else { return DriftFactors(block: factor { _ in true }) }
    return DriftFactors(
      outputs: (0..<outputs).map { output in factor { $0 < unit && $0 % outputs == output } },
      unit: hasUnitColumn ? factor { $0 == unit } : 1)
  }
}

/// What results are multiplied with so that drift is taken out of them.
struct DriftFactors: Hashable, Sendable {

  /// The factor of all columns.
  var block: Float = 1

  /// Those of each output, beside that; empty if all are 1.
  var outputs: [Float] = []

  /// That of the unit column, beside the block's.
  var unit: Float = 1
}
