// Copies of a block on further rows and columns, as matrices: what their cells hold, and what reads of
// rows with the same inputs come to.

internal import Kernels

extension [Float] {

  /// Returns a matrix repeated below and beside itself.
  func repeated(_ repetition: Repetition, columns: Int) -> [Float] {
    guard repetition != .none else { return self }
    var result: [Float] = []
    result.reserveCapacity(count * repetition.copies)
    for start in stride(from: 0, to: count, by: columns) {
      for _ in 0..<repetition.columns { result += self[start..<start + columns] }
    }
    let single = result
    for _ in 1..<repetition.rows { result += single }
    return result
  }

  /// Returns the sum of parts of `size` elements each.
  func addingUp(every size: Int) -> [Float] {
    guard size < count else { return self }
    var result = [Float](self[0..<size])
    for i in size..<count { result[i % size] += self[i] }
    return result
  }
}

extension AnalogReadOptions {

  /// Whether rows with the same inputs are read as one row whose weights are the sums of theirs.
  var isAlikeInRows: Bool { inputNoise == 0 && weightNoise == .none }

  /// Returns the options of reads of rows each of which stands for several.
  ///
  /// Scales that follow from the sum of inputs are those of the sum over all rows.
  func with(copiesOfRows copies: Int) -> AnalogReadOptions {
    var result = self
    if case .signSums(let weight) = noiseManagement {
      result.noiseManagement = .signSums(weight: weight * Double(copies))
    }
    if case .worstCase(let weight, let resolution) = boundManagement {
      result.boundManagement = .worstCase(
        weight: weight * Double(copies), resolution: resolution)
    }
    return result
  }
}
