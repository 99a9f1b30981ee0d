// Resizings that the exporters' fixtures do not hold.

import SpikeInterpreter
import Testing

@testable import ONNXFrontend

@Suite("ONNX resizing") struct ResizingTests {

  /// A row of five pixels, enlarged; the results are those of onnxruntime 1.31.
  struct Row: Sendable {
    var scale: Float
    var rounding: String
    var result: [Float]

    static let all = [
      Row(scale: 2, rounding: "round_prefer_floor", result: [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]),
      Row(scale: 2, rounding: "round_prefer_ceil", result: [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]),
      Row(scale: 2, rounding: "floor", result: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
      Row(scale: 2, rounding: "ceil", result: [1, 1, 2, 2, 3, 3, 4, 4, 4, 4]),
      Row(
        scale: 3, rounding: "round_prefer_floor",
        result: [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4]),
      Row(
        scale: 3, rounding: "round_prefer_ceil",
        result: [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4]),
      Row(scale: 3, rounding: "floor", result: [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]),
      Row(scale: 1.5, rounding: "round_prefer_floor", result: [0, 1, 2, 2, 3, 4, 4]),
      Row(scale: 1.5, rounding: "floor", result: [0, 1, 1, 2, 3, 3, 4]),
      Row(scale: 1.5, rounding: "ceil", result: [1, 1, 2, 3, 3, 4, 4]),
      Row(scale: 0.6, rounding: "round_prefer_floor", result: [1, 2, 4]),
      Row(scale: 0.6, rounding: "round_prefer_ceil", result: [1, 3, 4]),
      Row(scale: 0.6, rounding: "floor", result: [0, 2, 4]),
    ]
  }

  @Test("takes pixels as TensorFlow does, from their centers", arguments: Row.all)
  func centers(_ row: Row) throws {
    let network = model(
      [.named("N"), .fixed(1), .fixed(1), .fixed(5)],
      constants: [reals("s", [4], [1, 1, 1, row.scale]), reals("roi", [0], [])], opset: 11,
      [
        node(
          "Resize", ["x", "roi", "s"], ["y"],
          [
            "mode": .string("nearest"), "nearest_mode": .string(row.rounding),
            "coordinate_transformation_mode": .string("tf_half_pixel_for_nn"),
          ])
      ])
    #expect(try run(network, [0, 1, 2, 3, 4]) == row.result)
  }
}
