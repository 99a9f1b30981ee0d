// Samples as a network takes them: matched to its input shape and preprocessed, on demand.

package import Diagnostics
package import SpikeIR

/// Samples in the arrangement and range of a network's input.
///
/// Elements stay in files, or in memory in their stored type, until a sample is asked for; any
/// number of threads may ask at once.
package struct ImageSet: Sendable {

  /// The number of samples.
  package private(set) var count: Int

  /// The shape of a sample: that of the network's input.
  package let shape: Shape

  /// What is done to raw values.
  package let preprocessing: Preprocessing

  /// `true` iff the data hold a single sample, without an axis for samples.
  package let isSingleSample: Bool

  private let source: DataSource
  private let channelsFirst: Bool

  /// Matches `source` with a network's input.
  ///
  /// A sample may lie as [height, width, channels] or [channels, height, width], a sequence as
  /// [length, channels] or [channels, length]; a channel axis of size 1 may be missing, as may the
  /// only row of a sequence, and the only pixel of a vector; a network that takes a vector is given samples of any shape with as
  /// many elements, in row-major order. Where both arrangements fit, `preprocessing` decides.
  ///
  /// - Throws: `data.shape-mismatch` if nothing fits, `data.empty` if there are no samples.
  package init(
    _ source: DataSource, matching shape: Shape, preprocessing: Preprocessing
  ) throws(Diagnostic) {
    let found = source.shape.extents
    (self.source, self.shape, self.preprocessing) = (source, shape, preprocessing)
    let first = preprocessing.prefersChannelsFirst
    if !found.isEmpty,
      let arrangement = Arrangement(of: Array(found.dropFirst()), as: shape, prefersFirst: first)
    {
      (isSingleSample, count) = (false, found[0])
      channelsFirst = arrangement == .channelsFirst
    } else if let arrangement = Arrangement(of: found, as: shape, prefersFirst: first) {
      (isSingleSample, count) = (true, 1)
      channelsFirst = arrangement == .channelsFirst
    } else {
      throw .shapeMismatch(source.name, found: source.shape, expected: shape)
    }
    guard count > 0 else { throw .noSamples(source.name) }
  }

  /// Returns the first `limit` samples.
  package func prefix(_ limit: Int) -> ImageSet {
    var result = self
    result.count = min(count, max(0, limit))
    return result
  }

  /// Returns sample i, preprocessed, in row-major order of `shape`.
  ///
  /// - Throws: `data.not-finite` if a value is not a finite number, and what reading throws.
  /// - Complexity: O(elements of a sample).
  package func sample(_ i: Int) throws(Diagnostic) -> [Float] {
    precondition(0 <= i && i < count, "internal: there is no sample \(i)")
    let size = shape.count
    var values: [Float]
    switch source.storage {
    case .array(let array): values = try array.floats(at: i * size, count: size)
    case .folder(let folder): values = try folder.image(i).floats(at: 0, count: size)
    }
    if channelsFirst { values = withChannelsLast(values) }
    guard preprocess(&values) else { throw .notFinite(source.name, sample: i) }
    return values
  }

  /// Returns the values of an image [channels, height, width] as [height, width, channels].
  private func withChannelsLast(_ values: [Float]) -> [Float] {
    let (channels, positions) = (shape.channels, shape.positions)
    var result = [Float](repeating: 0, count: values.count)
    for c in 0..<channels {
      for p in 0..<positions { result[p * channels + c] = values[c * positions + p] }
    }
    return result
  }

  /// Applies the preprocessing in place; returns whether all results are finite.
  private func preprocess(_ values: inout [Float]) -> Bool {
    let scale = preprocessing.scale
    let channels = shape.channels
    var test: Float = 0
    if let mean = preprocessing.mean.first, let std = preprocessing.std.first,
      preprocessing.mean.count == 1, preprocessing.std.count == 1
    {
      for i in values.indices {
        values[i] = (values[i] * scale - mean) / std
        test += values[i] * 0
      }
      return test == 0
    }
    let means = spread(preprocessing.mean)
    let stds = spread(preprocessing.std)
    for start in stride(from: 0, to: values.count, by: channels) {
      for c in 0..<channels {
        values[start + c] = (values[start + c] * scale - means[c]) / stds[c]
        test += values[start + c] * 0
      }
    }
    return test == 0
  }

  /// Returns one number for each channel.
  private func spread(_ list: [Float]) -> [Float] {
    list.count == 1 ? [Float](repeating: list[0], count: shape.channels) : list
  }
}

/// How the elements of a sample lie.
private enum Arrangement {
  case asTaken
  case channelsFirst

  /// Returns how a sample of extents `found` becomes one of `shape`, `nil` if it does not; where
  /// both fit, `prefersFirst` says whether the channels are first.
  init?(of found: [Int], as shape: Shape, prefersFirst: Bool) {
    let taken = shape.extents
    let isFirst = Arrangement.withChannelsFirst(taken).contains(found)
    if Arrangement.spellings(of: taken).contains(found), !(prefersFirst && isFirst) {
      self = .asTaken
    } else if isFirst {
      self = .channelsFirst
    } else if taken.count == 1, found.count > 1, Shape(found).checkedCount == taken[0] {
      self = .asTaken
    } else {
      return nil
    }
  }

  /// Returns the extents with the channels first: of images, and of sequences, which are images of
  /// one row when they are compiled.
  static func withChannelsFirst(_ extents: [Int]) -> [[Int]] {
    guard let channels = extents.last, extents.count == 2 || extents.count == 3 else { return [] }
    let space = Array(extents.dropLast())
    return extents.count == 3 && space[0] == 1
      ? [[channels] + space, [channels, space[1]]] : [[channels] + space]
  }

  /// Returns the extents, and those without first axes or a last one of size 1: sequences become
  /// images of one row when they are compiled, vectors images of one pixel for machines that know
  /// images only, and gray images have one channel.
  private static func spellings(of extents: [Int]) -> [[Int]] {
    var result = [extents]
    if extents.last == 1 && extents.count > 1 { result.append(extents.dropLast()) }
    for list in result {
      var rest = list[...]
      while rest.first == 1 && rest.count > 1 {
        rest = rest.dropFirst()
        result.append(Array(rest))
      }
    }
    return result
  }
}

extension Diagnostic {

  /// Returns an error about data that do not fit the network's input.
  fileprivate static func shapeMismatch(
    _ name: String, found: Shape, expected: Shape
  ) -> Diagnostic {
    let n = expected.extents.map(String.init)
    var choices = ["[N,\(n.joined(separator: ","))]"]
    for other in Arrangement.withChannelsFirst(expected.extents) {
      choices.append("[N,\(other.map(String.init).joined(separator: ","))]")
    }
    if expected.rank == 3 && expected[2] == 1 { choices.append("[N,\(n[0]),\(n[1])]") }
    if expected.rank == 3 && expected.positions == 1 { choices.append("[N,\(n[2])]") }
    return .error(
      "data.shape-mismatch",
      "the data have the shape \(found), expected \(choices.joined(separator: " or "))",
      at: .file(name), notes: ["the network takes inputs of shape \(expected)"])
  }

  /// Returns an error about data without samples.
  fileprivate static func noSamples(_ name: String) -> Diagnostic {
    .error("data.empty", "the data hold no samples", at: .file(name))
  }

  /// Returns an error about a value that is infinite or not a number.
  fileprivate static func notFinite(_ name: String, sample: Int) -> Diagnostic {
    .error(
      "data.not-finite", "sample \(sample) holds a value that is not a finite number",
      at: .file(name))
  }
}
