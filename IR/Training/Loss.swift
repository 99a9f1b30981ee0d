// Cross-entropy of logits, with its gradient.

internal import Glibc

/// Returns the logarithms of the normalized exponentials of `x`.
func logSoftmax(_ x: UnsafeBufferPointer<Float>) -> [Double] {
  let largest = Double(x.max() ?? 0)
  var sum = 0.0
  for value in x { sum += exp(Double(value) - largest) }
  let total = largest + log(sum)
  return x.map { Double($0) - total }
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
    guard logits.count > 1, let first = logits.first else {
      let x = Double(logits.first ?? 0)
      let towards = label == 1 ? x : -x
      loss = towards > 0 ? log1p(exp(-towards)) : log1p(exp(towards)) - towards
      isRight = (x > 0) == (label == 1)
      gradient?[0] = Float(1 / (1 + exp(-x)) - Double(label)) * scale
      return
    }
    let logarithms = logSoftmax(logits)
    loss = -logarithms[label]
    var (best, answer) = (first, 0)
    for (i, value) in logits.enumerated() where value > best { (best, answer) = (value, i) }
    isRight = answer == label
    guard let gradient else { return }
    for (i, logarithm) in logarithms.enumerated() {
      gradient[i] = Float(exp(logarithm) - (i == label ? 1 : 0)) * scale
    }
  }
}

/// Returns the cosine of x.
func cosine(_ x: Double) -> Double { cos(x) }
