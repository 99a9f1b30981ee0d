// What the user said about preprocessing, and what follows for data of a given type.

package import Diagnostics
package import SpikeIR

/// The parts of x' = (x · scale − mean) / std that the user gave; the others have defaults.
package struct PreprocessingRequest: Hashable, Sendable {

  /// The factor, if given.
  package var scale: Float?

  /// What is subtracted, one number or one a channel, if given.
  package var mean: [Float]?

  /// What is divided by, one number or one a channel, if given.
  package var std: [Float]?

  /// Whether data that fit both with the channels first and last have them first: what the model's
  /// file says, not the user.
  package var prefersChannelsFirst = false

  /// The inputs for which the model's file asks for integers: it scales them itself.
  package var integerInputs: Set<String> = []

  /// Whether the user gives a part.
  package var isGiven: Bool { scale != nil || mean != nil || std != nil }

  /// Creates a request without any part.
  package init() {}

  /// Reads the parts as the command line gives them: numbers or fractions, separated by commas.
  ///
  /// - Throws: `data.bad-number` if a text is not such a list, or a divisor is zero.
  package init(scale: String?, mean: String?, std: String?) throws(Diagnostic) {
    self.init()
    if let scale {
      let numbers = try numberList(scale, option: "--scale")
      guard numbers.count == 1 else {
        throw .badNumber(scale, option: "--scale", expected: "one number or fraction")
      }
      self.scale = numbers[0]
    }
    if let mean { self.mean = try numberList(mean, option: "--mean") }
    if let std {
      let numbers = try numberList(std, option: "--std")
      guard !numbers.contains(0) else {
        throw .badNumber(std, option: "--std", expected: "numbers other than 0")
      }
      self.std = numbers
    }
  }

  /// `true` iff the user gave no part.
  package var isEmpty: Bool { scale == nil && mean == nil && std == nil }

  /// Returns the preprocessing of data of type `kind` for inputs of the given shape.
  ///
  /// Where parts are missing, those of `stored` are taken, or, if absent, the defaults: scale
  /// 1/255 for 8-bit and 1/65535 for 16-bit unsigned data, 1 for others and for inputs that take
  /// integers (`input` is among `integerInputs`); mean 0; std 1. A default scale other than 1, one
  /// of 1 for unsigned data, and a stored scale other than the default are reported to `sink`.
  ///
  /// - Throws: `data.channel-count` if there are neither one nor as many numbers as channels.
  package func resolved(
    for kind: ElementKind, shape: Shape, input: String = "", stored: Preprocessing? = nil,
    sink: inout DiagnosticSink
  ) throws(Diagnostic) -> Preprocessing {
    var result = stored ?? Preprocessing()
    if scale == nil {
      let range: Float = kind == .uint8 ? 255 : kind == .uint16 ? 65535 : 1
      if let stored {
        if stored.scale != 1 / range { sink.report(.storedScale(kind, stored.scale, Int(range))) }
      } else if integerInputs.contains(input) {
        if range != 1 { sink.report(.integerInput(kind, input)) }
      } else {
        result.scale = 1 / range
        if range != 1 { sink.report(.defaultScale(kind, Int(range))) }
      }
    }
    result.scale = scale ?? result.scale
    result.mean = mean ?? result.mean
    result.std = std ?? result.std
    if prefersChannelsFirst { result.prefersChannelsFirst = true }
    for (list, option) in [(result.mean, "--mean"), (result.std, "--std")] {
      guard list.count == 1 || list.count == shape.channels else {
        throw .channelCount(list.count, option: option, channels: shape.channels)
      }
    }
    return result
  }
}

/// Returns the numbers in a list such as `0.1,1/255`.
private func numberList(_ text: String, option: String) throws(Diagnostic) -> [Float] {
  var result: [Float] = []
  for item in text.split(separator: ",", omittingEmptySubsequences: false) {
    let parts = item.split(separator: "/", omittingEmptySubsequences: false).map { trimmed($0) }
    let numbers = parts.compactMap { Double($0) }
    guard numbers.count == parts.count, 1...2 ~= numbers.count else {
      throw .badNumber(text, option: option, expected: "numbers or fractions such as 1/255")
    }
    let value = Float(numbers.count == 2 ? numbers[0] / numbers[1] : numbers[0])
    guard value.isFinite else {
      throw .badNumber(text, option: option, expected: "finite numbers")
    }
    result.append(value)
  }
  return result
}

private func trimmed(_ text: Substring) -> Substring {
  var text = text.drop { $0 == " " }
  while text.last == " " { text.removeLast() }
  return text
}

extension Diagnostic {

  /// Returns an error about an option that is not a list of numbers.
  fileprivate static func badNumber(
    _ text: String, option: String, expected: String
  ) -> Diagnostic {
    .error(
      "data.bad-number", "'\(option) \(text)': expected \(expected)", exitCode: .usage)
  }

  /// Returns an error about an option with as many numbers as there are not channels.
  fileprivate static func channelCount(
    _ count: Int, option: String, channels: Int
  ) -> Diagnostic {
    .error(
      "data.channel-count",
      "'\(option)' has \(count, of: "number"), expected 1 or one for each of "
        + "\(channels, of: "channel")",
      exitCode: .usage)
  }

  /// Returns a remark on a stored factor that is unusual for the data's type.
  fileprivate static func storedScale(
    _ kind: ElementKind, _ scale: Float, _ range: Int
  ) -> Diagnostic {
    let usual = range == 1 ? "1" : "1/\(range)"
    return .remark(
      "data.stored-scale",
      "the data are \(kind.rawValue), scaled by \(scale) as stored with the network; usual is \(usual)",
      notes: ["give --scale if the data have another range than those of the compilation"])
  }

  /// Returns a remark on integer data for an input that takes integers.
  fileprivate static func integerInput(_ kind: ElementKind, _ input: String) -> Diagnostic {
    .remark(
      "data.integer-input",
      "the data are \(kind.rawValue), and the model's input '\(input)' takes integers: scaled by 1",
      notes: ["give --scale to choose another factor"])
  }

  /// Returns a remark on the factor taken for integer data.
  fileprivate static func defaultScale(_ kind: ElementKind, _ range: Int) -> Diagnostic {
    .remark(
      "data.default-scale", "the data are \(kind.rawValue): scaled by 1/\(range)",
      notes: ["give --scale to choose another factor"])
  }
}
