// Each operator against values worked out by hand.

import SpikeIR
import SpikeInterpreter
import Testing

@Suite("ANN operators") struct ANNOperatorTests {

  @Test("convolution adds weighted neighbours and the bias, zeros outside") func convolution()
    throws
  {
    var tensors = TensorStore()
    let kernel = tensors.add("k", shape: [2, 2, 1, 1], floats: [1, 2, 3, 4])
    let bias = tensors.add("b", shape: [1], floats: [10])
    let window = Window(size: Pair(2, 2), padding: Padding(top: 1, left: 0, bottom: 0, right: 1))
    let op = Op.conv2d(Conv2D(kernel: kernel, bias: bias, window: window))
    let out = try evaluate(op, on: [([2, 2, 1], [1, 2, 3, 4])], tensors: tensors)
    #expect(out == [21, 16, 40, 24])
  }

  @Test("a depthwise convolution keeps channels apart") func depthwise() throws {
    var tensors = TensorStore()
    let kernel = tensors.add("k", shape: [1, 1, 1, 4], floats: [1, 2, 3, 4])
    let op = Op.conv2d(Conv2D(kernel: kernel, window: Window(size: Pair(1, 1)), groups: 2))
    let out = try evaluate(op, on: [([1, 2, 2], [1, 10, 2, 20])], tensors: tensors)
    #expect(out == [1, 2, 30, 40, 2, 4, 60, 80])
  }

  @Test("groups see their own channels") func grouped() throws {
    var tensors = TensorStore()
    let kernel = tensors.add("k", shape: [1, 1, 2, 4], floats: [1, 2, 3, 4, 10, 20, 30, 40])
    let op = Op.conv2d(Conv2D(kernel: kernel, window: Window(size: Pair(1, 1)), groups: 2))
    let out = try evaluate(op, on: [([1, 1, 4], [1, 2, 3, 4])], tensors: tensors)
    #expect(out == [21, 42, 129, 172])
  }

  @Test("a transposed convolution spreads each element") func transposedConvolution() throws {
    var tensors = TensorStore()
    let kernel = tensors.add("k", shape: [1, 3, 1, 1], floats: [1, 2, 3])
    let bias = tensors.add("b", shape: [1], floats: [100])
    let op = Op.convTranspose2d(
      ConvTranspose2D(
        kernel: kernel, bias: bias, window: Window(size: Pair(1, 3), strides: Pair(1, 2)),
        outputPadding: Pair(0, 1)))
    let out = try evaluate(op, on: [([1, 2, 1], [1, 10])], tensors: tensors)
    #expect(out == [101, 102, 113, 120, 130, 100])
  }

  @Test("a dense layer works along the last dimension") func dense() throws {
    var tensors = TensorStore()
    let kernel = tensors.add("k", shape: [2, 3], floats: [1, 2, 3, 4, 5, 6])
    let bias = tensors.add("b", shape: [3], floats: [10, 20, 30])
    let op = Op.dense(Dense(kernel: kernel, bias: bias))
    #expect(try evaluate(op, on: [([2], [1, 2])], tensors: tensors) == [19, 32, 45])
    let rows = try evaluate(op, on: [([2, 2], [1, 0, 0, 1])], tensors: tensors)
    #expect(rows == [11, 22, 33, 14, 25, 36])
  }

  @Test("pooling ignores padding unless it counts") func pooling() throws {
    let window = Window(
      size: Pair(1, 2), strides: Pair(1, 2), padding: Padding(top: 0, left: 1, bottom: 0, right: 0))
    let image: [(Shape, [Float])] = [([1, 3, 1], [-4, -2, -6])]
    #expect(try evaluate(.pool(Pool(.maximum, window: window)), on: image) == [-4, -2])
    #expect(try evaluate(.pool(Pool(.average, window: window)), on: image) == [-4, -4])
    let counting = Pool(.average, window: window, countsPadding: true)
    #expect(try evaluate(.pool(counting), on: image) == [-2, -4])
  }

  @Test("batch normalization uses the moving statistics") func batchNorm() throws {
    var tensors = TensorStore()
    let scale = tensors.add("g", shape: [2], floats: [2, 1])
    let offset = tensors.add("b", shape: [2], floats: [5, 0])
    let mean = tensors.add("m", shape: [2], floats: [1, -1])
    let variance = tensors.add("v", shape: [2], floats: [3.75, 0.75])
    let op = BatchNorm(
      scale: scale, offset: offset, mean: mean, variance: variance, epsilon: 0.25)
    let image: [(Shape, [Float])] = [([1, 2, 2], [1, -1, 3, 0])]
    #expect(try evaluate(.batchNorm(op), on: image, tensors: tensors) == [5, 0, 7, 1])
    let bare = BatchNorm(scale: nil, offset: nil, mean: mean, variance: variance, epsilon: 0.25)
    #expect(try evaluate(.batchNorm(bare), on: image, tensors: tensors) == [0, 0, 1, 1])
  }

  @Test("softmax normalizes rows, also far from zero") func softmax() throws {
    let rows: [(Shape, [Float])] = [([2, 2], [1000, 1000, -1000, -1001])]
    let out = try evaluate(.softmax(Softmax()), on: rows)
    let expected: [Float] = [0.5, 0.5, 0.731_058_6, 0.268_941_4]
    #expect(zip(out, expected).allSatisfy { abs($0 - $1) <= 1e-6 })
    let logarithms = try evaluate(.softmax(Softmax(isLogarithm: true)), on: rows)
    #expect(zip(logarithms, expected.map(logarithm)).allSatisfy { abs($0 - $1) <= 1e-6 })
  }

  @Test("a parametric rectifier has its slope for each channel") func prelu() throws {
    var tensors = TensorStore()
    let slope = tensors.add("s", shape: [1, 2], floats: [0.5, -1])
    let image: [(Shape, [Float])] = [([2, 1, 2], [-2, -3, 4, -5])]
    #expect(
      try evaluate(.prelu(PReLU(slope: slope)), on: image, tensors: tensors) == [-1, 3, 4, 5])
  }

  @Test("a fake quantization rounds halves to even and saturates") func fakeQuantize() throws {
    let x: [Float] = [-9, -0.25, 0.25, 0.75, 1.25, 1.3, 100, .infinity, .nan]
    let unsigned = FakeQuantize(scale: 0.5, low: 0, high: 7)
    let found = try evaluate(.fakeQuantize(unsigned), on: x)
    #expect(found.dropLast() == [0, 0, 0, 1, 1, 1.5, 3.5, 3.5] && found[8].isNaN)
    let shifted = FakeQuantize(scale: 0.5, zeroPoint: 3, low: -4, high: 7)
    let other = try evaluate(.fakeQuantize(shifted), on: x)
    #expect(other.dropLast() == [-3.5, 0, 0, 1, 1, 1.5, 2, 2])
    // The quotient is rounded to single precision first, as ONNX's operator does it.
    let third = FakeQuantize(scale: 0.1, low: -128, high: 127)
    #expect(try evaluate(.fakeQuantize(third), on: [0.35]) == [Float(4) * 0.1])
  }

  @Test("factors and offsets broadcast") func scale() throws {
    var tensors = TensorStore()
    let factor = tensors.add("f", shape: [2, 1, 1], floats: [2, 3])
    let offset = tensors.add("o", shape: [2], floats: [10, 20])
    let image: [(Shape, [Float])] = [([2, 1, 2], [1, 2, 3, 4])]
    let both = Op.scale(Scale(factor: factor, offset: offset))
    #expect(try evaluate(both, on: image, tensors: tensors) == [12, 24, 19, 32])
    let none = Op.scale(Scale(factor: nil, offset: nil))
    #expect(try evaluate(none, on: image, tensors: tensors) == [1, 2, 3, 4])
  }

  @Test(
    "operands are combined element by element",
    arguments: [
      (.add, [11, 24, 13, 26]), (.subtract, [-9, -16, -7, -14]), (.multiply, [10, 80, 30, 120]),
      (.divide, [0.1, 0.2, 0.3, 0.3]), (.average, [5.5, 12, 6.5, 13]),
      (.maximum, [10, 20, 10, 20]), (.minimum, [1, 4, 3, 6]),
    ] as [(Elementwise.Kind, [Float])])
  func elementwise(_ kind: Elementwise.Kind, _ expected: [Float]) throws {
    let operands: [(Shape, [Float])] = [([2, 2], [1, 4, 3, 6]), ([2], [10, 20])]
    #expect(try evaluate(.elementwise(Elementwise(kind)), on: operands) == expected)
  }

  @Test("more than two operands, the first of them the smallest") func manyOperands() throws {
    let operands: [(Shape, [Float])] = [([1], [1]), ([2], [2, 3]), ([2, 1], [10, 20])]
    #expect(try evaluate(.elementwise(Elementwise(.add)), on: operands) == [13, 14, 23, 24])
    let average = try evaluate(.elementwise(Elementwise(.average)), on: operands)
    #expect(average == [13, 14, 23, 24].map { $0 / 3 })
  }

  @Test("elements are moved where they belong") func structure() throws {
    let image: [(Shape, [Float])] = [([2, 2, 1], [1, 2, 3, 4])]
    let pair: [(Shape, [Float])] = [([2, 1], [1, 2]), ([2, 2], [3, 4, 5, 6])]
    #expect(try evaluate(.concat(Concat(axis: 1)), on: pair) == [1, 3, 4, 2, 5, 6])
    let cube: [(Shape, [Float])] = [([2, 3, 1], [1, 2, 3, 4, 5, 6])]
    #expect(try evaluate(.transpose(Transpose([1, 2, 0])), on: cube) == [1, 4, 2, 5, 3, 6])
    let pad = Pad(Padding(top: 1, left: 0, bottom: 0, right: 1), value: 7)
    #expect(try evaluate(.pad(pad), on: image) == [7, 7, 7, 1, 2, 7, 3, 4, 7])
    let wide = Pad(low: [0, 0, 1], high: [0, 1, 0])
    #expect(try evaluate(.pad(wide), on: image) == [0, 1, 0, 2, 0, 0, 0, 3, 0, 4, 0, 0])
    let vector: [(Shape, [Float])] = [([2], [1, 2])]
    #expect(try evaluate(.pad(Pad(low: [2], high: [1], value: 9)), on: vector) == [9, 9, 1, 2, 9])
    let backwards = Take(axis: 1, indices: [2, 1, 0, 0])
    #expect(try evaluate(.take(backwards), on: cube) == [3, 2, 1, 1, 6, 5, 4, 4])
    let slice = Slice(starts: [0, 1, 0], ends: [2, 3, 1], steps: [1, 2, 1])
    #expect(try evaluate(.slice(slice), on: cube) == [2, 5])
    #expect(
      try evaluate(.upsample(Upsample(Pair(1, 2))), on: image) == [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(try evaluate(.upsample(Upsample(Pair(2, 1))), on: image) == [1, 2, 1, 2, 3, 4, 3, 4])
    #expect(try evaluate(.reshape(Reshape([4])), on: image) == [1, 2, 3, 4])
  }

  @Test("a constant is an operand like others, and an output") func constant() throws {
    var graph = ANNGraph(name: "constant")
    let tensor = graph.tensors.add(
      Tensor("c", shape: [2], data: .int8([1, -2])))
    let constant = try graph.add("c", .constant(Constant(tensor)))
    let input = try graph.add("x", .input, shape: [2])
    let sum = try graph.add("sum", .elementwise(Elementwise(.add)), [input, constant])
    graph.outputs = [sum, constant, input]
    let outputs = try ANNExecutor(graph).run([[10, 20]])
    #expect(outputs == [[11, 18], [1, -2], [10, 20]])
  }

  private func logarithm(_ x: Float) -> Float {
    // ln 0.5 and ln of the logistic function at ±1.
    x == 0.5 ? -0.693_147_2 : x > 0.5 ? -0.313_261_7 : -1.313_261_7
  }
}
