// One worker: the memory of one image at a time, and the evaluation of a plan in it.

internal import Kernels
internal import SpikeIR

/// The state of a network while it processes one image after another.
final class Worker {

  /// What is executed.
  let plan: Plan
  /// The blocks of memory of the plan.
  let blocks: [EventMemory]
  private let scratch: EventMemory
  /// The steps that are evaluated in every tick.
  private let dynamic: [Int]
  /// For each step the input that every tick adds: the bias, or the constant current.
  private let currents: [EventParameter?]
  /// The ticks of the image evaluated so far.
  private var ticks = 0

  /// Allocates the memory that `plan` needs.
  init(_ plan: Plan) {
    self.plan = plan
    let blocks = plan.blocks.map { EventMemory(byteCount: $0) }
    self.blocks = blocks
    scratch = EventMemory(byteCount: plan.scratchBytes)
    dynamic = plan.steps.indices.filter { !plan.steps[$0].isStatic }
    currents = plan.steps.map { step in
      guard case .membrane(let membrane) = step.action else { return nil }
      return membrane.current.map { EventParameter(varying: blocks[$0], grid: membrane.grid) }
        ?? membrane.bias
    }
  }

  /// Stores the units of an input in the memory of `step`.
  func encode(_ units: [Int32], at step: Int) {
    plan.layouts[step].write(units, to: blocks[plan.steps[step].units])
  }

  /// Prepares for an image under `rate`: initial potentials, and what is the same in every tick.
  func begin() {
    ticks = 0
    for (i, step) in plan.steps.enumerated() {
      switch step.action {
      case .membrane(let membrane):
        let all = 0..<membrane.grid.height
        membrane.initial.spread(over: blocks[membrane.potentials], grid: membrane.grid)
        if let emitted = membrane.emitted { blocks[emitted].clear() }
        if case .follows(_, let said, _) = membrane.neuron { blocks[said].clear() }
        if let current = membrane.current {
          membrane.bias.spread(over: blocks[current], grid: membrane.grid)
          for input in membrane.constant { add(input, to: blocks[current], rows: all) }
        }
        switch membrane.neuron {
        case .leaks(let kernel, let state, let positions):
          kernel.begin(
            blocks[state], blocks[positions], constant: currents[i] ?? membrane.bias)
        case .decays(let kernel, let currents, let potentials, let held):
          kernel.begin(blocks[currents], blocks[potentials], blocks[held])
        case .shifts(_, let currents, let potentials):
          blocks[currents].clear()
          blocks[potentials].clear()
        case .fires, .quantizes, .follows, .looksUp, .integrates: break
        }
      case .maximum(let maximum):
        blocks[maximum.counts].clear()
        blocks[maximum.previous].clear()
      case .encode, .relay, .addPlanes, .movePlanes:
        if step.isStatic { emit(i) }
      }
    }
  }

  /// Evaluates one tick under `rate`.
  func tick() {
    ticks += 1
    for i in dynamic {
      switch plan.steps[i].action {
      case .membrane(let membrane): integrate(membrane, i)
      case .maximum(let maximum): pool(maximum, i, accumulates: true)
      case .encode, .relay, .addPlanes, .movePlanes: emit(i)
      }
    }
  }

  /// Evaluates the whole window under `phased` and `weighted`.
  func window() {
    for (i, step) in plan.steps.enumerated() {
      switch step.action {
      case .membrane(let membrane): quantize(membrane, i)
      case .maximum(let maximum): pool(maximum, i, accumulates: false)
      case .encode, .relay, .addPlanes, .movePlanes: emit(i)
      }
    }
  }

  /// Returns the potentials of a membrane, row-major, without padding; none if they are no integers.
  func potentials(of membrane: MembraneAction) -> [Int32] {
    guard let block = membrane.readablePotentials else { return [] }
    return EventParameter(varying: blocks[block], grid: membrane.grid).read(grid: membrane.grid)
  }

  /// Evaluates a relay.
  private func emit(_ i: Int) {
    let step = plan.steps[i]
    let units = blocks[step.units]
    switch step.action {
    case .relay(let relay):
      if relay.inputs.count == 1, case .channelwise(let kernel) = relay.inputs[0].kernel {
        let source = relay.inputs[0].source
        if kernel.isPlainSum, !plan.layouts[source].format.isPlanes {
          return kernel.pool(
            into: units, plan.layouts[i], units: blocks[plan.steps[source].units],
            layout: plan.layouts[source])
        }
      }
      let sums = blocks[relay.sums]
      sums.clear()
      for input in relay.inputs { add(input, to: sums, rows: 0..<plan.layouts[i].grid.height) }
      relay.emit.step(sums, units: units, layout: plan.layouts[i])
    case .addPlanes(let kernel, let inputs):
      let sources = inputs.map {
        EventPlaneSum.Source(
          window: $0.window, units: blocks[plan.steps[$0.source].units],
          layout: plan.layouts[$0.source])
      }
      kernel.step(units, from: sources)
    case .movePlanes(let wires, let sources):
      units.clear()
      for (wire, source) in zip(wires, sources) {
        wire.step(units, from: blocks[plan.steps[source].units])
      }
    case .encode, .maximum, .membrane: break
    }
  }

  /// Evaluates a maximum: of counts up to this tick, or of the values of the window.
  private func pool(_ maximum: MaximumAction, _ i: Int, accumulates: Bool) {
    let step = plan.steps[i]
    let (counts, largest) = (blocks[maximum.counts], blocks[maximum.largest])
    if accumulates, maximum.kernel.takesBits {
      return maximum.kernel.stepBits(
        counts, blocks[maximum.previous], from: blocks[plan.steps[maximum.source].units],
        to: blocks[step.units], plan.layouts[i], spikes: blocks[step.spikes])
    }
    if !accumulates { counts.clear() }
    maximum.kernel.count(counts, units: blocks[plan.steps[maximum.source].units])
    maximum.kernel.pool(largest, counts: counts)
    if accumulates { maximum.kernel.difference(largest, previous: blocks[maximum.previous]) }
    maximum.kernel.emit(
      largest, units: blocks[step.units], layout: plan.layouts[i], spikes: blocks[step.spikes],
      countsDigits: maximum.countsDigits)
  }

  /// Integrates a tick and fires, some rows at a time.
  private func integrate(_ membrane: MembraneAction, _ i: Int) {
    guard let current = currents[i] else { return }
    let (units, spikes) = (blocks[plan.steps[i].units], blocks[plan.steps[i].spikes])
    let v = blocks[membrane.potentials]
    for rows in membrane.chunks {
      for input in membrane.inputs { add(input, to: v, rows: rows) }
      switch membrane.neuron {
      case .fires(let fire):
        fire.step(
          v, rows: rows, input: current, units: units, layout: plan.layouts[i], spikes: spikes,
          emitted: membrane.emitted.map { blocks[$0] })
      case .leaks(let kernel, let state, let positions):
        kernel.step(
          v, rows: rows, state: blocks[state], positions: blocks[positions], units: units,
          layout: plan.layouts[i], spikes: spikes)
      case .decays(let kernel, let currents, let potentials, let held):
        kernel.step(
          v, rows: rows, input: current,
          state: (blocks[currents], blocks[potentials], blocks[held]), units: units,
          layout: plan.layouts[i], spikes: spikes)
      case .shifts(let kernel, let currents, let potentials):
        kernel.step(
          v, rows: rows, input: current, state: (blocks[currents], blocks[potentials]),
          units: units, layout: plan.layouts[i], spikes: spikes)
      case .follows(let staircase, let said, let targets):
        staircase.follow(
          v, rows: rows, input: current, said: blocks[said], targets: blocks[targets], tick: ticks,
          of: plan.code.timesteps, units: units, layout: plan.layouts[i], spikes: spikes)
      case .integrates, .quantizes, .looksUp:
        EventFire.integrate(v, rows: rows, input: current, grid: membrane.grid)
      }
    }
  }

  /// Integrates a window and fires, some rows at a time.
  private func quantize(_ membrane: MembraneAction, _ i: Int) {
    let (units, spikes) = (blocks[plan.steps[i].units], blocks[plan.steps[i].spikes])
    let v = blocks[membrane.potentials]
    for rows in membrane.chunks {
      // The first sum starts from the bias, where the kernel can.
      var rest = membrane.inputs[...]
      if case .dot(let kernel)? = rest.first?.kernel {
        let source = rest.removeFirst().source
        kernel.accumulate(
          v, rows: rows, units: blocks[plan.steps[source].units], from: membrane.bias)
      } else {
        membrane.bias.spread(over: v, rows: rows, grid: membrane.grid)
      }
      for input in rest { add(input, to: v, rows: rows) }
      switch membrane.neuron {
      case .quantizes(let kernel):
        kernel.step(v, rows: rows, units: units, layout: plan.layouts[i], spikes: spikes)
      case .looksUp(let kernel):
        kernel.step(v, rows: rows, units: units, layout: plan.layouts[i], spikes: spikes)
      case .fires, .leaks, .decays, .shifts, .follows, .integrates: break
      }
    }
  }

  /// Adds what arrives through `input` to some rows of `v`.
  private func add(_ input: Input, to v: EventMemory, rows: Range<Int>) {
    let units = blocks[plan.steps[input.source].units]
    let layout = plan.layouts[input.source]
    switch input.kernel {
    case .gather(let kernel):
      kernel.accumulate(v, rows: rows, units: units, layout: layout, scratch: scratch)
    case .scatter(let kernel, let sums):
      // All spikes are scattered before the first rows are taken.
      if rows.lowerBound == 0 { kernel.scatter(blocks[sums], units: units, layout: layout) }
      kernel.flush(v, rows: rows, sums: blocks[sums])
    case .dot(let kernel): kernel.accumulate(v, rows: rows, units: units)
    case .channelwise(let kernel): kernel.accumulate(v, rows: rows, units: units, layout: layout)
    case .wire(let kernel): kernel.accumulate(v, units: units)
    }
  }
}
