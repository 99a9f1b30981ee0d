// One image with everything that is emitted, for comparing executors; slow.

package import Diagnostics
internal import Kernels
package import SpikeIR

extension EventEngine {

  /// Returns what every population emits for one input, and where potentials end.
  ///
  /// - Parameters:
  ///   - input: preprocessed values for each encoder, in row-major order.
  ///   - image: the number of the input, on which the random numbers of encoders depend.
  /// - Returns: the trace of the code's window, as `SpikeTrace` lays it out.
  /// - Throws: `cpu.bad-input`.
  package func trace(
    _ input: [[Float]], image: Int = 0
  ) throws(CompileError) -> SpikeTrace {
    let worker = Worker(plan)
    let trains = try encode(input, image: image, into: worker)
    var units = [[[Int32]]](repeating: [], count: counts.count)
    if plan.code.isRate {
      worker.begin()
      for tick in 0..<plan.code.timesteps {
        for (step, train) in trains { worker.encode(train.units(at: tick), at: step) }
        worker.tick()
        for p in units.indices where emits(p) { units[p].append(read(p, worker)) }
      }
    } else {
      worker.window()
      for p in units.indices where emits(p) {
        units[p] = firesAfterWindow(p) ? spread(read(p, worker), codes[p]) : [read(p, worker)]
      }
    }
    let potentials = counts.indices.map { p in
      membrane(of: plan.stepOf[p]).map { worker.potentials(of: $0) } ?? []
    }
    return SpikeTrace(units: units, potentials: potentials)
  }

  /// Returns whether population `p` emits anything.
  private func emits(_ p: Int) -> Bool {
    guard let membrane = membrane(of: plan.stepOf[p]) else { return true }
    if case .integrates = membrane.neuron { return false }
    return true
  }

  /// Returns whether population `p` fires when its window is over.
  private func firesAfterWindow(_ p: Int) -> Bool {
    guard let membrane = membrane(of: plan.stepOf[p]) else { return false }
    switch membrane.neuron {
    case .quantizes, .looksUp: return true
    case .fires, .leaks, .decays, .shifts, .follows, .integrates: return false
    }
  }

  /// Returns what population `p` emitted last.
  private func read(_ p: Int, _ worker: Worker) -> [Int32] {
    let step = plan.stepOf[p]
    return plan.layouts[step].read(worker.blocks[plan.steps[step].units])
  }

  /// Returns the spikes that say units, an entry a tick.
  private func spread(_ units: [Int32], _ code: SpikeCode) -> [[Int32]] {
    (0..<code.timesteps).map { t in
      units.map { q in
        if code.isWeighted {
          let digit = code.timesteps - 1 - t
          return q.signum() * (Int32(q.magnitude >> UInt32(digit) & 1) << Int32(digit))
        }
        return t < Int(q.magnitude) ? q.signum() : 0
      }
    }
  }
}
