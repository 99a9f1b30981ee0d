// Copies of layers: against exhaustive search where that is possible, against a scan of all times
// where it is not.

import Diagnostics
import HardwareTargets
import TestSupport
import Testing

@testable import Crossbar

@Suite struct ReplicationTests {

  /// The smallest time of the slowest layer, by trying everything.
  private func exhaustive(_ problem: ReplicationProblem) -> Double? {
    var best: Double?
    var tiles = [Int](repeating: 0, count: problem.budgets.count)
    func visit(_ layer: Int, slowest: Double) {
      if let best, slowest >= best { return }
      guard layer < problem.layers.count else {
        best = slowest
        return
      }
      for (kind, option) in problem.layers[layer].enumerated() {
        for replicas in 1...option.mostReplicas {
          let count = option.tiles(replicas)
          tiles[kind] += count
          if tiles[kind] <= problem.budgets[kind],
            problem.total.map({ tiles.reduce(0, +) <= $0 }) ?? true
          {
            visit(layer + 1, slowest: max(slowest, option.time(replicas)))
          }
          tiles[kind] -= count
        }
      }
    }
    visit(0, slowest: 0)
    return best
  }

  private func randomProblem(
    _ random: inout SplitMix64, layers: Int, classes: Int
  ) -> ReplicationProblem {
    let cycles = (0..<classes).map { _ in random.pick([1.0, 8, 0.3, 10]) }
    let layers = (0..<layers).map { _ in
      let positions = random.int(1...12)
      return (0..<classes).map { kind in
        ReplicationProblem.Option(
          positions: positions, cycle: cycles[kind], blocksPerReplica: random.int(1...4),
          blocksPerTile: random.int(1...3), mostReplicas: positions)
      }
    }
    return ReplicationProblem(
      layers: layers, budgets: (0..<classes).map { _ in random.int(2...14) },
      total: random.chance(0.3) ? random.int(3...16) : nil)
  }

  @Test(arguments: 0..<160 as Range<UInt64>) func slowestLayerIsAsFastAsPossible(
    _ seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    let classes = random.int(1...4)
    let problem = randomProblem(
      &random, layers: random.int(1...(classes == 1 ? 4 : 3)), classes: classes)
    let answer = problem.solve()
    let best = exhaustive(problem)
    #expect((answer == nil) == (best == nil))
    guard let answer, let best else { return }
    #expect(answer.isOptimal)
    let times = zip(problem.layers, answer.choices).map { $0[$1.kind].time($1.replicas) }
    #expect(times.max() == best)
    var tiles = [Int](repeating: 0, count: classes)
    for (options, choice) in zip(problem.layers, answer.choices) {
      #expect(1...options[choice.kind].positions ~= choice.replicas)
      tiles[choice.kind] += options[choice.kind].tiles(choice.replicas)
    }
    #expect(zip(tiles, problem.budgets).allSatisfy { $0 <= $1 })
    #expect(tiles.reduce(0, +) <= problem.total ?? .max)
    // What is left does not suffice for any step that would save a cycle.
    for (options, choice) in zip(problem.layers, answer.choices) {
      let option = options[choice.kind]
      let cycles = option.cycles(choice.replicas)
      guard cycles > 1 else { continue }
      let more =
        option.tiles((option.positions - 1) / (cycles - 1) + 1)
        - option.tiles(choice.replicas)
      #expect(
        tiles[choice.kind] + more > problem.budgets[choice.kind]
          || tiles.reduce(0, +) + more > problem.total ?? .max)
    }
  }

  /// Thousands of questions, more than have tests of their own: never a slower answer that is said to be the
  /// best, and none that is said not to exist.
  @Test(arguments: [(2...5, 3, 8, 12), (2...4, 4, 6, 12), (2...3, 5, 4, 20)])
  func smallQuestionsHaveProvedAnswers(
    _ classes: ClosedRange<Int>, _ mostLayers: Int, _ mostPositions: Int, _ mostBudget: Int
  ) {
    var (solved, impossible) = (0, 0)
    for seed in 0..<3_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let classes = random.int(classes)
      let cycles = (0..<classes).map { _ in random.pick([1.0, 8, 0.3, 10]) }
      let layers = (0..<random.int(1...mostLayers)).map { _ in
        let positions = random.int(1...mostPositions)
        return (0..<classes).map { kind in
          ReplicationProblem.Option(
            positions: positions, cycle: cycles[kind], blocksPerReplica: random.int(1...9),
            blocksPerTile: random.int(1...3),
            mostReplicas: random.chance(0.2) ? 1 : positions)
        }
      }
      let problem = ReplicationProblem(
        layers: layers, budgets: (0..<classes).map { _ in random.int(0...mostBudget) },
        total: random.chance(0.4) ? random.int(2...mostBudget * 2) : nil)
      let best = exhaustive(problem)
      guard let answer = problem.solve() else {
        #expect(best == nil, "seed \(seed)")
        impossible += 1
        continue
      }
      let times = zip(layers, answer.choices).map { $0[$1.kind].time($1.replicas) }
      #expect(answer.isOptimal && times.max() == best, "seed \(seed)")
      solved += 1
    }
    #expect(solved > 500 && impossible > 20)
  }

  /// Where many layers on several classes take nearly all tiles, the search stops early and says so.
  @Test func whatIsNotProvedIsSaid() throws {
    func problem(_ seed: UInt64, _ part: Double) -> ReplicationProblem {
      var random = SplitMix64(seed: seed)
      let classes = random.int(5...6)
      let layers = (0..<random.int(40...60)).map { _ in
        let size = random.int(2...1000)
        return (0..<classes).map { _ in
          // Two vectors: with one copy in two cycles, with two, and twice the tiles, in one.
          ReplicationProblem.Option(
            positions: 2, cycle: 1, blocksPerReplica: size + random.int(-size / 2...size / 2),
            blocksPerTile: 1, mostReplicas: 2)
        }
      }
      var used = [Int](repeating: 0, count: classes)
      for layer in layers {
        let kind = random.int(0...classes - 1)
        used[kind] += layer[kind].tiles(2)
      }
      return ReplicationProblem(
        layers: layers, budgets: used.map { Int(Double($0) * part) })
    }
    var doubtful = 0
    for seed in 0..<10 as Range<UInt64> {
      // Two copies fit for the larger parts, and do not for the smaller ones.
      var (low, high) = (0.4, 1.0)
      for _ in 0..<12 {
        let part = (low + high) / 2
        let answer = try #require(problem(seed, part).solve())
        let isFast = answer.choices.allSatisfy { $0.replicas == 2 }
        if !answer.isOptimal {
          doubtful += 1
          #expect(!isFast, "nothing is faster than a cycle")
        }
        if isFast { high = part } else { low = part }
      }
    }
    #expect(doubtful > 0)
  }

  /// AlexNet within budgets: the pace is that of the first number of cycles, from 1, with which the
  /// tiles of all layers suffice.
  @Test(arguments: [400, 500, 700, 1000, 2000, 5000]) func alexNetWithinABudget(
    _ budget: Int
  ) throws {
    let target = TargetDescription.arrays(rows: 512, columns: 512, count: budget)
    let layout = try CrossbarLayout(
      of: try alexNet(), on: target, options: LayoutOptions(budget: .all))
    let once = layout.layers.map { layer in
      ((layer.matrix.inputs + 511) / 512) * ((layer.matrix.outputs + 511) / 512)
    }
    let cycles = try #require(
      (1...3025).first { cycles in
        zip(layout.layers, once).reduce(0) {
          // The first layer's 363 × 96 weights fit an array once.
          $0 + ($1.0.matrix.positions + cycles - 1) / cycles * $1.1
        } <= budget
      })
    let pipeline = try #require(layout.pipeline)
    #expect(pipeline.readsPerImage == cycles)
    #expect(layout.tiles.count <= budget)
    #expect(pipeline.readsOfLatency == layout.layers.reduce(0) { $0 + $1.cyclesPerPass })
    #expect(layout.layers[pipeline.limitingLayer].cyclesPerPass == cycles)
  }

  @Test func leNetWithoutReplication() throws {
    let target = TargetDescription.arrays(rows: 512, columns: 512)
    let layout = try CrossbarLayout(
      of: try leNet(), on: target, options: LayoutOptions(packs: false))
    #expect(layout.layers.map(\.replicas) == [1, 1, 1, 1])
    #expect(layout.layers.map(\.cyclesPerPass) == [576, 64, 1, 1])
    #expect(layout.pipeline?.limitingLayer == 0)
    #expect(layout.pipeline?.readsPerImage == 576 && layout.pipeline?.readsOfLatency == 642)
    #expect(layout.pipeline?.secondsPerImage == nil)
    // 513 rows are one more than an array has.
    #expect(layout.layers.map(\.tiles.count) == [1, 1, 2, 1])
    // Copies that take no tile: 512 / 26 of the first layer.
    let packed = try CrossbarLayout(of: try leNet(), on: target)
    #expect(packed.layers.map(\.tiles.count) == [1, 1, 2, 1])
    #expect(packed.layers[0].cyclesPerPass == (576 + 18) / 19)
  }

  /// Small fast arrays and large slow ones are better together than either alone.
  @Test func bimodalArrays() throws {
    let graph = try alexNet()
    func seconds(_ smallCount: Int, _ largeCount: Int) throws -> Double? {
      let target = TargetDescription.bimodal(
        small: 512, smallCount: smallCount, large: 4096, largeCount: largeCount)
      let options = LayoutOptions(budget: .all, packs: false)
      return try CrossbarLayout(of: graph, on: target, options: options).pipeline?.secondsPerImage
    }
    let both = try #require(try seconds(320, 16))
    let small = try #require(try seconds(320, 1))
    let large = try #require(try seconds(1, 16))
    #expect(both < small && both < large)
    let target = TargetDescription.bimodal(
      small: 512, smallCount: 320, large: 4096, largeCount: 16)
    let layout = try CrossbarLayout(
      of: graph, on: target, options: LayoutOptions(budget: .all, packs: false))
    #expect(Set(layout.layers.map(\.kind)) == [0, 1])
    #expect(layout.pipeline.map { layout.seconds(of: $0.limitingLayer) } == both)
  }

  @Test func framesTakeAPassEach() throws {
    let target = TargetDescription.arrays(
      rows: 512, columns: 512, numbers: ["input.bits": 8, "input.slice": 1, "readTime": 1e-7])
    let matrices = WeightMatrix.all(in: try leNet())
    let options = LayoutOptions(packs: false)
    let frames = try CrossbarLayout(
      matrices, of: "lenet", on: target, mode: .frames(10), options: options)
    #expect(frames.pipeline?.readsPerImage == 5760)
    let vectors = try CrossbarLayout(
      matrices, of: "lenet", on: target, mode: .vectors, options: options)
    #expect(vectors.pipeline?.readsPerImage == 576 * 8)
    let seconds = try #require(vectors.pipeline?.secondsPerImage)
    #expect(abs(seconds - 576 * 8e-7) < 1e-12)
  }

  @Test func saysWhatWouldFit() throws {
    let target = TargetDescription.arrays(rows: 512, columns: 512, count: 4)
    let error = #expect(throws: CompileError.self) {
      try CrossbarLayout(of: try leNet(), on: target)
    }
    let diagnostic = try #require(error?.diagnostics.first)
    #expect(diagnostic.id == "fit.tiles" && diagnostic.exitCode == .doesNotFit)
    #expect(diagnostic.message.contains("takes 5 tiles") && diagnostic.message.contains("most 4"))
    #expect(diagnostic.notes.contains("it would fit: 2 chips"))
    #expect(diagnostic.notes.contains("it would fit: as many arrays of 1024 × 1024"))
    _ = try CrossbarLayout(of: try leNet(), on: target, options: LayoutOptions(chips: 2))
    let budget = #expect(throws: CompileError.self) {
      try CrossbarLayout(
        of: try leNet(), on: target, options: LayoutOptions(budget: .most(3), chips: 4))
    }
    #expect(budget?.diagnostics.first?.notes.contains("it would fit: a budget of 5 tiles") == true)
    #expect(throws: Never.self) {
      try CrossbarLayout(
        of: try leNet(), on: target, options: LayoutOptions(budget: .most(5), chips: 4))
    }
  }
}
