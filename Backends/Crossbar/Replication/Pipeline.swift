// How fast a network goes through its tiles: the layers as a pipeline of images.

/// The layers as a pipeline: each works on an image of its own.
package struct Pipeline: Hashable, Sendable {

  /// The layer that takes longest, the first of them: it limits the images a second.
  package var limitingLayer: Int

  /// The reads from one image to the next: those of the limiting layer.
  package var readsPerImage: Int

  /// The reads from an image's first to its last, if the layers work one after the other.
  package var readsOfLatency: Int

  /// The time from one image to the next, seconds; `nil` if the time of a read is not known.
  package var secondsPerImage: Double?

  /// The time of an image, seconds; `nil` if the time of a read is not known.
  package var latencySeconds: Double?
}

extension CrossbarLayout {

  /// The reads of an image in a layer, one after the other: cycles, times the reads of a vector.
  package func reads(of layer: Int) -> Int {
    cycles(of: layer).saturating(readsPerCycle(of: layer))
  }

  /// The reads of a cycle: of a vector, those of all its parts; of a frame of single bits, one.
  package func readsPerCycle(of layer: Int) -> Int {
    mode.reads(on: array(of: layer))
  }

  /// The time of an image in a layer, seconds; `nil` if the time of a read is not known.
  package func seconds(of layer: Int) -> Double? {
    array(of: layer).readSeconds.map { $0 * Double(reads(of: layer)) }
  }

  /// The layers as a pipeline; `nil` without layers.
  ///
  /// What digital units do is not counted.
  ///
  /// - Source: Gokmen, Onen and Haensch (2017): the layer with the largest reuse limits.
  package var pipeline: Pipeline? {
    guard !layers.isEmpty else { return nil }
    let reads = layers.indices.map { self.reads(of: $0) }
    let seconds = layers.indices.compactMap { self.seconds(of: $0) }
    let areKnown = seconds.count == layers.count
    let times = areKnown ? seconds : reads.map(Double.init)
    let limiting =
      times.indices.max { times[$0] < times[$1] || (times[$0] == times[$1] && $0 > $1) } ?? 0
    return Pipeline(
      limitingLayer: limiting, readsPerImage: reads[limiting],
      readsOfLatency: reads.reduce(0) { $0.adding($1) },
      secondsPerImage: areKnown ? seconds[limiting] : nil,
      latencySeconds: areKnown ? seconds.reduce(0, +) : nil)
  }
}
