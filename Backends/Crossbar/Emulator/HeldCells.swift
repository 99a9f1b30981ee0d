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
  ///   - chip: the random numbers of the block on its chip.
  init(
    _ weights: [Float], outputs: Int, scale: Double, _ arrays: EmulatedArrays, chip: RandomField
  ) {
    self.arrays = arrays
    self.outputs = outputs
    rows = weights.count / outputs
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
    if let wires = arrays.reading.wires { g = wires.seen(g, rows: rows, columns: columns) }
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

  /// Returns the factors that take drift out of results: none, one, or one for each output.
  ///
  /// A factor is the ratio of the mean magnitudes of what is read when one input after the other
  /// is 1, right after programming and now; 10⁻⁴ at least.
  ///
  /// - Source: Joshi et al. (2020), global drift compensation; read with single inputs, as aihwkit.
  func compensation(of now: [Float]) -> [Float] {
    let kind = arrays.devices.compensation
    guard kind != .none, arrays.devices.changes, rows > 0 else { return [] }
    let before = sums(after: nil, run: RandomField(0))
    let width = before.count / rows
    func magnitude(_ values: [Float], _ output: Int?) -> Float {
      var (sum, count) = (0.0, 0)
      for i in values.indices where output.map({ i % width % outputs == $0 }) ?? true {
        sum += Double(abs(values[i]))
        count += 1
      }
      return Float(max(sum / Double(max(1, count)), 1e-4))
    }
    if kind == .global { return [magnitude(before, nil) / magnitude(now, nil)] }
    return (0..<outputs).map { magnitude(before, $0) / magnitude(now, $0) }
  }
}
