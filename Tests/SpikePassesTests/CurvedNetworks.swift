// Small networks with activations that are no rectifiers.

import SpikeIR

extension NetworkCase {

  /// Networks whose activations become staircases.
  static let curved: [NetworkCase] = [
    NetworkCase("a tanh network with averages") { b in
      let x = try b.pool(.average, b.curve(.tanh, b.conv(b.input([8, 8, 2]), 5)))
      return try b.classifier(b.curve(.tanh, b.conv(x, 6)))
    },
    NetworkCase("sigmoids and maxima") { b in
      let x = try b.pool(.maximum, b.curve(.sigmoid, b.conv(b.input([8, 8, 2]), 5)))
      return try b.classifier(b.curve(.sigmoid, b.batchNorm(b.conv(x, 6))))
    },
    NetworkCase("functions that fall before they rise") { b in
      let x = try b.curve(.swish, b.conv(b.input([8, 8, 2]), 5))
      let y = try b.curve(.gelu, b.conv(x, 5))
      let z = try b.curve(.mish, b.conv(y, 5, size: 1))
      return try b.classifier(b.curve(.hardSwish, b.conv(z, 6, size: 2)))
    },
    NetworkCase("functions without end") { b in
      let one = Padding(top: 1, left: 1, bottom: 1, right: 1)
      let x = try b.curve(.elu, b.conv(b.input([6, 6, 3]), 5, padding: one), alpha: 1)
      let y = try b.curve(.selu, b.conv(x, 5, padding: one))
      let z = try b.curve(.softplus, b.combine(.add, x, y))
      return try b.classifier(b.curve(.logSigmoid, b.conv(z, 4)))
    },
    NetworkCase("products of a value with a function of itself") { b in
      let x = try b.conv(b.input([8, 8, 2]), 4)
      let swish = try b.combine(.multiply, x, b.curve(.sigmoid, x))
      let y = try b.conv(swish, 4)
      let inner = try b.times(y, 0.5.squareRoot())
      let one = b.graph.tensors.add("one", shape: [1], floats: [1])
      let sum = try b.node(
        .scale(Scale(factor: nil, offset: one)), b.curve(.erf, inner))
      let gelu = try b.combine(.multiply, b.times(y, 0.5), sum)
      let z = try b.conv(gelu, 4, size: 1)
      let mish = try b.combine(.multiply, b.curve(.tanh, b.curve(.softplus, z)), z)
      let w = try b.conv(mish, 4, size: 1)
      let quick = try b.combine(.multiply, w, b.curve(.sigmoid, b.times(w, 1.702)))
      return try b.classifier(quick)
    },
    NetworkCase("rare functions") { b in
      let x = try b.curve(.softsign, b.dense(b.input([10]), 12))
      let y = try b.curve(.erf, b.dense(x, 9))
      let z = try b.curve(.squareplus, b.dense(y, 8), alpha: 4)
      return try b.classifier(b.curve(.celu, b.dense(z, 8), alpha: 0.7))
    },
    NetworkCase("staircases, rectifiers and sums side by side") { b in
      let x = try b.input([6, 6, 2])
      let y = try b.curve(.geluTanh, b.conv(x, 3))
      let z = try b.relu(b.conv(x, 3))
      let joint = try b.node(.concat(Concat(axis: 2)), b.combine(.add, y, z), y)
      return try b.classifier(b.curve(.tanhShrink, b.conv(joint, 5)))
    },
  ]
}

extension NetworkBuilder {

  /// Adds the product of `x` with a number.
  mutating func times(_ x: NodeID, _ factor: Double) throws -> NodeID {
    let tensor = graph.tensors.add("factor", shape: [1], floats: [Float(factor)])
    return try node(.scale(Scale(factor: tensor, offset: nil)), x)
  }

  /// Adds the activation `kind` of `x`.
  mutating func curve(
    _ kind: Activation.Kind, _ x: NodeID, alpha: Float = 0
  ) throws -> NodeID {
    try node(.activation(Activation(kind, alpha: alpha)), x)
  }
}
