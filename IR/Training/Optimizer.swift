// From gradients to steps: Nesterov's momentum and Adam, with decay and clipping.

internal import Kernels

/// How gradients become steps.
package enum OptimizerKind: String, Hashable, Sendable, CaseIterable {
  /// Stochastic gradient descent with Nesterov's momentum 0.9; Sutskever et al. (2013).
  case nesterov = "sgd"
  /// Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8, and decoupled decay; Kingma and Ba (2015), Loshchilov
  /// and Hutter (2019).
  case adam
}

/// The state of an optimizer.
final class Optimizer: @unchecked Sendable {

  private let kind: OptimizerKind
  private let decay: Float
  private let clipNorm: Float?
  private let parameters: [TrainingPlan.Parameter]
  private let mean: FloatMemory
  private let square: FloatMemory
  private var steps = 0

  /// Creates the optimizer of the parameters of a plan.
  ///
  /// - Parameters:
  ///   - plan: the plan.
  ///   - kind: how gradients become steps.
  ///   - decay: what part of a kernel is taken off, per step and unit of the learning rate.
  ///   - clipNorm: the largest norm of a gradient, if it is bounded; Pascanu et al. (2013).
  init(_ plan: TrainingPlan, _ kind: OptimizerKind, decay: Float, clipNorm: Float?) {
    (self.kind, self.decay, self.clipNorm) = (kind, decay, clipNorm)
    parameters = plan.parameters
    mean = FloatMemory(count: plan.parameterCount)
    square = FloatMemory(count: kind == .adam ? plan.parameterCount : 0)
  }

  /// Adds up the gradients of all shards into the first, in order, and takes a step.
  ///
  /// - Parameters:
  ///   - weights: the weights. Updated.
  ///   - shards: the gradients of the parts of a batch. The first is updated.
  ///   - rate: the learning rate.
  ///   - workers: the number of threads.
  func step(_ weights: TrainingWeights, _ shards: [FloatMemory], rate: Float, workers: Int) {
    guard let total = shards.first else { return }
    steps += 1
    let norms = FloatMemory(count: parameters.count)
    forEachItem(parameters.count, workers: workers) { _, i in
      norms.base[i] = self.reduce(shards, self.parameters[i].range)
    }
    var norm: Double = 0
    for i in parameters.indices { norm += Double(norms.base[i]) }
    norm = norm.squareRoot()
    let bound = clipNorm.map { Double($0) } ?? .infinity
    let scale = norm > bound ? Float(bound / norm) : 1
    forEachItem(parameters.count, workers: workers) { _, i in
      self.update(self.parameters[i], weights.parameters.base, total.base, rate, scale)
    }
  }

  /// Adds up the gradients of a parameter; returns the sum of their squares.
  private func reduce(_ shards: [FloatMemory], _ range: ParameterRange) -> Float {
    guard let total = shards.first.map({ $0.base + range.offset }) else { return 0 }
    for shard in shards.dropFirst() {
      let part = shard.base + range.offset
      for i in 0..<range.count { total[i] += part[i] }
    }
    var sum: Double = 0
    for i in 0..<range.count { sum += Double(total[i]) * Double(total[i]) }
    return Float(sum)
  }

  private func update(
    _ parameter: TrainingPlan.Parameter, _ weights: UnsafeMutablePointer<Float>,
    _ gradient: UnsafePointer<Float>, _ rate: Float, _ scale: Float
  ) {
    let (offset, count) = (parameter.range.offset, parameter.range.count)
    let (w, g, m) = (weights + offset, gradient + offset, mean.base + offset)
    let decay = parameter.isKernel ? decay : 0
    switch kind {
    case .nesterov:
      for i in 0..<count {
        let step = g[i] * scale + decay * w[i]
        m[i] = 0.9 * m[i] + step
        w[i] -= rate * (step + 0.9 * m[i])
      }
    case .adam:
      let v = square.base + offset
      let (first, second) = (1 - power(0.9, steps), 1 - power(0.999, steps))
      let pace = rate / Float(first)
      let spread = Float(1 / second)
      for i in 0..<count {
        let x = g[i] * scale
        m[i] = 0.9 * m[i] + 0.1 * x
        v[i] = 0.999 * v[i] + 0.001 * x * x
        w[i] -= pace * m[i] / ((v[i] * spread).squareRoot() + 1e-8) + rate * decay * w[i]
      }
    }
  }
}

/// Returns xⁿ.
private func power(_ x: Double, _ n: Int) -> Double {
  var (result, factor, rest) = (1.0, x, n)
  while rest > 0 {
    if rest & 1 == 1 { result *= factor }
    factor *= factor
    rest >>= 1
  }
  return result
}
