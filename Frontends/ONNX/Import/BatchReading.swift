// Which axis of the inputs counts the samples of a batch. Exporters leave it open, or fix it.

internal import Diagnostics

/// A way to understand the first axes of a model's inputs.
enum BatchReading: Hashable, Sendable {

  /// They count samples; open ones take the given number, which a product of extents would hardly
  /// have by chance.
  case leading(Int)

  /// They count samples, of which there is one.
  case single

  /// They are axes like all others.
  case none

  /// A prime number that no extent of a network has.
  static let openExtent = 7919

  /// A number of samples that means all of them where a model takes the first of a batch: smaller ones
  /// would cut batches that people run.
  static let unlimited = 1000

  /// The reading of a batch whose size is left open.
  static let open = BatchReading.leading(openExtent)

  /// Returns the ways to understand the inputs of a model, the likeliest first.
  static func candidates(_ inputs: [ONNXValueInfo]) -> [BatchReading] {
    let first = inputs.compactMap { $0.extents?.first }
    let fixed = first.compactMap { if case .fixed(let n) = $0 { n } else { nil } }
    if fixed.count < first.count { return [.open, .single] }
    guard let count = fixed.first, fixed.allSatisfy({ $0 == count }), count > 1 else {
      return fixed.allSatisfy { $0 == 1 } ? [.single] : [.none]
    }
    return [.leading(count), .none]
  }

  /// Returns the extents of an input by this reading.
  ///
  /// - Throws: `onnx.bad-input` if they are unknown, not positive or too many.
  func extents(of input: ONNXValueInfo, file: String) throws(Diagnostic) -> [Int] {
    guard let declared = input.extents else {
      throw .badInput(file, input.name, "has no declared extents, expected some")
    }
    guard declared.count <= NodeCall.rankLimit else {
      throw .badInput(
        file, input.name, "has \(declared.count) axes, accepted are \(NodeCall.rankLimit)")
    }
    var result: [Int] = []
    var product = 1
    for (axis, extent) in declared.enumerated() {
      var value = 0
      switch (extent, self) {
      case (.fixed(let n), _): value = n
      case (_, .leading(let n)) where axis == 0: value = n
      case (_, .single) where axis == 0: value = 1
      default:
        guard case .named(let name) = extent else {
          throw .badInput(
            file, input.name, "has an unknown extent along axis \(axis), expected a fixed one")
        }
        throw .badInput(
          file, input.name,
          "has the symbolic extent '\(name)' along axis \(axis), expected a fixed one", name)
      }
      let (count, overflow) = product.multipliedReportingOverflow(by: value)
      guard value >= 1, !overflow, count / Self.openExtent <= GraphBuilder.elementLimit else {
        throw .badInput(file, input.name, "has the extent \(value) along axis \(axis)")
      }
      product = count
      result.append(value)
    }
    return result
  }

  /// Returns whether axis 0 of an input counts samples that no memory holds.
  func hasBatchAxis(_ input: ONNXValueInfo) -> Bool {
    guard case .leading(let count) = self, let first = input.extents?.first else { return false }
    if case .fixed(let n) = first { return n == count }
    return true
  }

  /// Returns a message in which the extents of lists that hold the stand-in for an open number of
  /// samples say N instead, or a multiple of it.
  static func namingOpenExtent(in message: String) -> String {
    var result = ""
    var digits = ""
    func closed(before next: Character?) {
      guard !digits.isEmpty else { return }
      let isInList = next == "," || next == "]"
      let count = Int(digits) ?? 0
      let samples = count / openExtent
      if isInList, count > 0, count % openExtent == 0, let last = result.last, "[ ".contains(last) {
        result += samples == 1 ? "N" : "\(samples)·N"
      } else {
        result += digits
      }
      digits = ""
    }
    for character in message {
      if character.isASCII, character.isNumber {
        digits.append(character)
        continue
      }
      closed(before: character)
      result.append(character)
    }
    closed(before: nil)
    return result
  }
}
