// Tests running many images: order, failures, early exits, independence of threads.

import Diagnostics
import SpikeIR
import Testing

@testable import SpikeExecution

@Suite struct ImageRunsTests {

  @Test("outcomes lie in the order of images, whatever the number of threads", arguments: [1, 3])
  func order(threads: Int) throws {
    let options = RunOptions(threads: threads, recordsPredictions: true, recordsSpikes: true)
    let (result, steps) = try runImages(
      5, outputCount: 2, ticks: 3, options: options,
      run: { (_, image) throws(CompileError) in
        var outcome = ImageOutcome()
        outcome.outputs = [Float(image), -Float(image)]
        outcome.ticks = image == 4 ? 1 : 3
        outcome.steps = 10
        outcome.spikes = [image, 0, 1]
        for tick in 1...outcome.ticks {
          let y: [Float] = image % 2 == 0 ? [1, 0] : [0, 1]
          _ = outcome.mayEnd(after: y, tick: tick, start: 0, options)
        }
        return outcome
      }, progress: { _ in })
    #expect(result.outputs == [0, 0, 1, -1, 2, -2, 3, -3, 4, -4])
    #expect(result.ticks == 13 && steps == 50)
    #expect(result.spikesByTimestep == [10, 0, 5])
    // The last image ends after a tick, and its class stays.
    let expected: [[Int32]] = .init(repeating: [0, 1, 0, 1, 0], count: 3)
    #expect(result.predictionsByTimestep == expected)
  }

  @Test("of several failures the first image's is reported")
  func failures() {
    let error = #expect(throws: CompileError.self) {
      try runImages(
        6, outputCount: 1, ticks: 1, options: RunOptions(threads: 3),
        run: { (_, image) throws(CompileError) in
          guard image < 2 else { throw CompileError(.error("test.failed", "image \(image)")) }
          var outcome = ImageOutcome()
          outcome.outputs = [0]
          return outcome
        }, progress: { _ in })
    }
    #expect(error?.diagnostics.first?.message == "image 2")
  }

  @Test("an image may end when its best output leads by the margin, once outputs count")
  func margin() {
    let options = RunOptions(earlyExitMargin: 2)
    var outcome = ImageOutcome()
    let late = outcome.mayEnd(after: [5, 1, 0], tick: 2, start: 2, options)
    let close = outcome.mayEnd(after: [5, 3.5, 0], tick: 3, start: 2, options)
    let far = outcome.mayEnd(after: [1, 3, 0], tick: 3, start: 2, options)
    let alone = outcome.mayEnd(after: [1], tick: 3, start: 2, options)
    #expect(!late && !close && far && alone)
    #expect(outcome.predictions.isEmpty)
  }
}
