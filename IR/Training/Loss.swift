// Losses of logits, with their gradients: the cross-entropy of classes, and the divergence from
// what another network says.

internal import Glibc

/// Returns the logarithms of the normalized exponentials of `x`.
func logSoftmax(_ x: UnsafeBufferPointer<Float>) -> [Double] {
  let largest = Double(x.max() ?? 0)
  var sum = 0.0
  for value in x { sum += exp(Double(value) - largest) }
  let total = largest + log(sum)
  return x.map { Double($0) - total }
}

/// Returns the logarithms of the probabilities of the classes for logits divided by `temperature`:
/// those of softmax, or, for a single logit x, of the logistic functions of −x and x.
func logProbabilities(
  _ logits: UnsafeBufferPointer<Float>, temperature: Double
) -> [Double] {
  var x = logits.map { Double($0) / temperature }
  if x.count == 1 { x.insert(0, at: 0) }
  let largest = x.max() ?? 0
  let total = largest + log(x.reduce(0) { $0 + exp($1 - largest) })
  return x.map { $0 - total }
}

/// Returns eˣ.
func exponentialOf(_ x: Double) -> Double { exp(x) }

/// The loss of a sample.
struct SampleLoss: Hashable, Sendable {

  /// The cross-entropy, nats.
  var loss: Double

  /// `true` iff the right class has the largest logit.
  var isRight: Bool

  /// Computes the loss of the logits for the class `label`.
  ///
  /// Several logits: −ln softmax(x)[label]. A single one: −ln of the logistic function, of x for class
  /// 1 and of −x for class 0.
  ///
  /// - Parameters:
  ///   - logits: the network's output before normalization.
  ///   - label: the right class.
  ///   - gradient: is given the gradient by the logits, if wanted.
  ///   - scale: what the gradient is multiplied by.
  init(
    _ logits: UnsafeBufferPointer<Float>, label: Int, gradient: UnsafeMutablePointer<Float>?,
    scale: Float
  ) {
    guard logits.count > 1 else {
      let x = Double(logits.first ?? 0)
      let towards = label == 1 ? x : -x
      loss = towards > 0 ? log1p(exp(-towards)) : log1p(exp(towards)) - towards
      isRight = (x > 0) == (label == 1)
      gradient?[0] = Float(1 / (1 + exp(-x)) - Double(label)) * scale
      return
    }
    let logarithms = logSoftmax(logits)
    loss = -logarithms[label]
    isRight = namedClass(logits) == label
    guard let gradient else { return }
    for (i, logarithm) in logarithms.enumerated() {
      gradient[i] = Float(exp(logarithm) - (i == label ? 1 : 0)) * scale
    }
  }
}

/// Returns the class with the largest logit, the first of them; of a single logit x, 1 if x > 0.
func namedClass(_ logits: UnsafeBufferPointer<Float>) -> Int {
  guard logits.count > 1 else { return (logits.first ?? 0) > 0 ? 1 : 0 }
  var best = 0
  for i in logits.indices where logits[i] > logits[best] { best = i }
  return best
}

/// How far a network is from another one on a sample.
struct SampleDivergence: Hashable, Sendable {

  /// Σ pᵢ · ln(pᵢ/qᵢ), nats, p being what the other network says, q what this one says.
  var divergence: Double

  /// `true` iff both name the same class.
  var agrees: Bool

  /// Computes the divergence of the probabilities of the classes, softened by a temperature.
  ///
  /// p = softmax(teacher/τ), q = softmax(logits/τ). A single logit stands for two classes.
  ///
  /// The gradient is that of τ² · divergence, τ · (q − p), which for large τ tends to the difference
  /// of the centred logits divided by the number of classes.
  ///
  /// - Parameters:
  ///   - logits: the network's output before normalization.
  ///   - teacher: that of the other network, of as many classes.
  ///   - temperature: τ, above 0.
  ///   - gradient: is given the gradient by the logits in addition to what is there, if wanted.
  ///   - scale: what the gradient is multiplied by.
  /// - Source: Hinton, Vinyals and Dean (2015), "Distilling the Knowledge in a Neural Network",
  ///   section 2 and equation 2.
  init(
    _ logits: UnsafeBufferPointer<Float>, teacher: UnsafeBufferPointer<Float>,
    temperature: Float, gradient: UnsafeMutablePointer<Float>?, scale: Float
  ) {
    let wanted = logProbabilities(teacher, temperature: Double(temperature))
    let found = logProbabilities(logits, temperature: Double(temperature))
    divergence = zip(wanted, found).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    agrees = namedClass(teacher) == namedClass(logits)
    guard let gradient else { return }
    // A single logit is that of the second class.
    let first = wanted.count - logits.count
    for i in logits.indices {
      let difference = exp(found[first + i]) - exp(wanted[first + i])
      gradient[i] += Float(difference) * temperature * scale
    }
  }
}

/// Returns the cosine of x.
func cosine(_ x: Double) -> Double { cos(x) }
