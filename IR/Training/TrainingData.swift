// What networks are trained on, and how it is varied.

internal import Kernels
internal import SpikeIR

/// Samples with their classes.
package struct TrainingData: Sendable {

  /// The class of each sample.
  package let labels: [Int]

  /// Returns the inputs of sample i, row-major, one list for each input of the network; called by
  /// any thread.
  package let input: @Sendable (Int) -> [[Float]]

  /// Creates samples.
  package init(labels: [Int], input: @escaping @Sendable (Int) -> [[Float]]) {
    (self.labels, self.input) = (labels, input)
  }

  /// The number of samples.
  package var count: Int { labels.count }
}

/// Random changes of images that do not change their class.
package struct Augmentation: Hashable, Sendable {

  /// The largest shift in each direction, pixels; the border is repeated.
  package var shift = 0

  /// `true` iff half of the images are mirrored, left to right.
  package var mirrors = false

  /// Creates no changes.
  package init() {}

  /// Copies an image, changed by what `field` says at `position`; values of other ranks as they are.
  func copy(
    _ image: [Float], shape: Shape, to out: UnsafeMutablePointer<Float>, _ field: RandomField,
    at position: Int
  ) {
    var (dy, dx, isMirrored) = (0, 0, false)
    if shape.rank == 3 {
      let bits = field.bits(at: position)
      let choices = UInt64(2 * shift + 1)
      dy = Int((bits & 0xffff) % choices) - shift
      dx = Int((bits &>> 16 & 0xffff) % choices) - shift
      isMirrored = mirrors && bits &>> 63 == 1
    }
    guard dy != 0 || dx != 0 || isMirrored else {
      for i in image.indices { out[i] = image[i] }
      return
    }
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    for y in 0..<height {
      let row = min(max(y + dy, 0), height - 1) * width
      for x in 0..<width {
        let shifted = min(max(x + dx, 0), width - 1)
        let source = (row + (isMirrored ? width - 1 - shifted : shifted)) * channels
        for c in 0..<channels { out[(y * width + x) * channels + c] = image[source + c] }
      }
    }
  }
}

/// A generator for shuffling: SplitMix64.
struct ShuffleGenerator: RandomNumberGenerator {

  private let field: RandomField
  private var position = 0

  /// Creates the generator of a seed and epoch.
  init(seed: UInt64, epoch: Int) {
    field = RandomField(seed, UInt64(epoch), 0x5348_5546)
  }

  mutating func next() -> UInt64 {
    position += 1
    return field.bits(at: position)
  }
}
