// The executor as a whole: memory, threads, chunks, and what it refuses.

import Diagnostics
import SpikeIR
import Synchronization
import TestSupport
import Testing

@testable import SpikeInterpreter

@Suite("ANN executor") struct ANNExecutorTests {

  private let graph: ANNGraph
  private let executor: ANNExecutor
  private let samples: [[Float]]

  init() throws {
    graph = try branchedGraph()
    executor = try ANNExecutor(graph)
    var generator = SplitMix64(seed: 1)
    samples = (0..<75).map { _ in (0..<72).map { _ in .random(in: -1...1, using: &generator) } }
  }

  @Test("observed values are those that a graph with them as outputs computes") func observes()
    throws
  {
    var separate: [[Float]] = []
    for id in graph.ids {
      var single = graph
      single.outputs = [id]
      separate += try ANNExecutor(single).run([samples[0]])
    }
    let seen = try executor.accumulate(
      count: 1, threads: 1, observing: graph.ids, input: { [samples] in [samples[$0]] },
      initial: { [[Float]]() }
    ) { [graph] all, _, values in all = graph.ids.map { values[$0] } }
    #expect(seen == [separate])
    let relu = try #require(graph.ids.first { graph[$0].name == "relu" })
    let sum = try #require(graph.ids.first { graph[$0].name == "sum" })
    #expect(zip(separate[relu.index], separate[sum.index]).contains { $0 != $1 })
  }

  @Test("values of one sample survive the next") func valuesAreKept() throws {
    let id = try #require(graph.outputs.first)
    let kept = try executor.accumulate(
      count: 2, threads: 1, observing: [id], input: { [samples] in [samples[$0]] },
      initial: { [[Float]]() }
    ) { all, _, values in all.append(values[id]) }
    #expect(try kept == [[executor.run([samples[0]])[0], executor.run([samples[1]])[0]]])
  }

  @Test("chunks do not depend on the number of threads", arguments: [1, 2, 5])
  func chunks(threads: Int) throws {
    let progress = Mutex<[Int]>([])
    let id = try #require(graph.outputs.first)
    let sums = try executor.accumulate(
      count: 75, threads: threads, observing: [id], input: { [samples] in [samples[$0]] },
      progress: { n in progress.withLock { $0.append(n) } },
      initial: { (order: [Int](), sum: Float(0)) }
    ) { chunk, sample, values in
      chunk.order.append(sample)
      for x in values[id] { chunk.sum += x }
    }
    #expect(
      sums.map(\.order) == stride(from: 0, to: 75, by: 16).map { Array($0..<min(75, $0 + 16)) })
    var expected: Float = 0
    for sample in samples.prefix(16) {
      for x in try executor.run([sample])[0] { expected += x }
    }
    #expect(sums[0].sum == expected)
    let counts = progress.withLock { $0 }
    #expect(counts.count == 5 && counts.last == 75 && counts == counts.sorted())
  }

  @Test("every sample is seen once, with its own outputs") func forEachSample() throws {
    let seen = Mutex<[Int: [[Float]]]>([:])
    try executor.forEachSample(count: 75, threads: 3, input: { [samples] in [samples[$0]] }) {
      sample, outputs in seen.withLock { $0[sample] = outputs }
    }
    let found = seen.withLock { $0 }
    #expect(found.count == 75)
    for (i, sample) in samples.enumerated() { #expect(try found[i] == executor.run([sample])) }
  }

  @Test("no samples give no chunks") func noSamples() throws {
    let chunks = try executor.accumulate(
      count: 0, threads: 2, observing: [], input: { _ in [] }, initial: { 0 }
    ) { _, _, _ in }
    #expect(chunks.isEmpty)
  }

  @Test("inputs of the wrong number or size are diagnosed, the first of them") func badInputs() {
    #expect(reported { _ = try executor.run([]) } == ["interpreter.bad-input"])
    #expect(reported { _ = try executor.run([[1, 2]]) } == ["interpreter.bad-input"])
    do {
      try executor.forEachSample(
        count: 40, threads: 3,
        input: { [samples] i in i == 20 ? [[1]] : i == 31 ? [] : [samples[i]] }
      ) { _, _ in }
      Issue.record("expected a diagnostic")
    } catch {
      #expect(error.message.contains("has 1 element for input 'input', expected 72"))
    }
  }

  @Test("all problems of a graph are reported") func badGraphs() throws {
    var custom = graph
    let odd = CustomOp("acme.odd", shape: [3])
    let first = try custom.add("odd1", .custom(odd), [custom.outputs[0]])
    custom.outputs = [try custom.add("odd2", .custom(odd), [first])]
    #expect(
      reported { _ = try ANNExecutor(custom) }
        == ["interpreter.unsupported-operator", "interpreter.unsupported-operator"])

    var late = graph
    late[NodeID(1)].inputs = [NodeID(4)]
    #expect(reported { _ = try ANNExecutor(late) } == ["interpreter.bad-graph"])

    var unshaped = graph
    unshaped[NodeID(2)].shape = [1, 2, 3]
    #expect(reported { _ = try ANNExecutor(unshaped) }.contains("interpreter.bad-graph"))

    var dangling = graph
    dangling.outputs = [NodeID(99)]
    #expect(reported { _ = try ANNExecutor(dangling) } == ["interpreter.bad-graph"])

    var elided = graph
    let tensor = elided.tensors[TensorID(0)]
    elided.tensors[TensorID(0)].data = .elided(.float32, hash: tensor.hash)
    #expect(reported { _ = try ANNExecutor(elided) } == ["ir.elided-tensor"])

    var huge = ANNGraph(name: "huge")
    let input = try huge.add("x", .input, shape: [1, 1, 1])
    let wide = Upsample(Pair(Window.limit, Window.limit))
    huge.outputs = [try huge.add("up", .upsample(wide), [input])]
    #expect(reported { _ = try ANNExecutor(huge) } == ["interpreter.value-too-large"])

    var padded = ANNGraph(name: "padded")
    let kernel = padded.tensors.add("k", shape: [1, 1, 1, 1], floats: [1])
    let image = try padded.add("x", .input, shape: [1, 1, 1])
    let far = Window.limit
    let window = Window(
      size: Pair(1, 1), strides: Pair(far, far),
      padding: Padding(top: far, left: far, bottom: far, right: far))
    let conv = Conv2D(kernel: kernel, window: window)
    padded.outputs = [try padded.add("conv", .conv2d(conv), [image])]
    #expect(reported { _ = try ANNExecutor(padded) } == ["interpreter.value-too-large"])
  }

  @Test("a chain of any depth needs no more memory than two of its values") func depth() throws {
    var chain = ANNGraph(name: "chain")
    var last = try chain.add("x", .input, shape: [4])
    for i in 0..<3000 { last = try chain.add("n\(i)", .activation(.relu), [last]) }
    chain.outputs = [last]
    let plan = ANNMemoryPlan(chain, steps: try ANNExecutor(chain).steps, kept: [last])
    #expect(plan.slotCounts.count <= 3)
    #expect(try ANNExecutor(chain).run([[-1, 0, 1, 2]]) == [[0, 0, 1, 2]])
  }
}
