// Networks that compute with integers.

import Diagnostics
import SpikeIR
import Testing

@testable import ONNXFrontend

@Suite("Integers in ONNX networks") struct IntegerTests {

  private let four: [ONNXExtent] = [.named("N"), .fixed(4)]

  @Test("are divided towards zero, by constants and by values") func division() throws {
    let byConstant = model(
      four, type: .int32, constants: [integers("three", [3], type: .int32)],
      [node("Div", ["x", "three"], ["y"])])
    #expect(try run(byConstant, [7, -7, 6, -2]) == [2, -2, 2, 0])
    let byValue = model(
      four, type: .int64, constants: [integers("one", [1])],
      [node("Add", ["x", "one"], ["b"]), node("Div", ["x", "b"], ["y"])])
    #expect(try run(byValue, [7, -7, 6, -2]) == [0, 1, 0, 2])
  }

  @Test("are divided as real numbers after a cast") func castFirst() throws {
    let reals = model(
      four, type: .int32, constants: [reals("two", [], [2])],
      [node("Cast", ["x"], ["f"], ["to": .int(1)]), node("Div", ["f", "two"], ["y"])])
    #expect(try run(reals, [7, -7, 6, -2]) == [3.5, -3.5, 3, -1])
  }

  @Test("lose their upper bits in a narrow type") func wrapping() throws {
    let cast = { (type: ONNXElementType) in
      model(
        four, type: .int32, [node("Cast", ["x"], ["y"], ["to": .int(type.rawValue)])])
    }
    #expect(try run(cast(.int8), [200, -200, 127, -129]) == [-56, 56, 127, 127])
    #expect(try run(cast(.uint8), [300, -1, 255, 512]) == [44, 255, 255, 0])
    #expect(try run(cast(.int16), [40000, -40000, 5, -5]) == [-25536, 25536, 5, -5])
    #expect(try run(cast(.int64), [300, -1, 255, 512]) == [300, -1, 255, 512])
    let sum = model(
      four, type: .uint8, constants: [integers("k", [100], type: .uint8)],
      [node("Add", ["x", "k"], ["y"])])
    #expect(try run(sum, [200, 155, 156, 0]) == [44, 255, 0, 100])
  }

  @Test("lose their upper bits in constants, too") func constantWrapping() throws {
    let sum = model(
      four, constants: [integers("k", [300, -1, 255, 512])],
      [
        node("Cast", ["k"], ["b"], ["to": .int(ONNXElementType.uint8.rawValue)]),
        node("Cast", ["b"], ["f"], ["to": .int(1)]), node("Add", ["x", "f"], ["y"]),
      ])
    #expect(try run(sum, [0, 0, 0, 0]) == [44, 255, 255, 0])
  }

  @Test("are refused where they would be rounded, or grow too large") func refused() {
    let mean = model(
      [.named("N"), .fixed(2), .fixed(4)], type: .int32, constants: [integers("a", [1])],
      [node("ReduceMean", ["x", "a"], ["y"])])
    #expect(problems(with: mean).map(\.id) == ["onnx.unsupported-use"])
    let unsigned = model(
      four, type: .int32, [node("Cast", ["x"], ["y"], ["to": .int(12)])])
    #expect(problems(with: unsigned).map(\.id) == ["onnx.unsupported-use"])
    let power = model(
      four, type: .int32, constants: [reals("e", [], [0.5])], [node("Pow", ["x", "e"], ["y"])])
    #expect(problems(with: power).map(\.id) == ["onnx.unsupported-use"])
  }

  @Test("that are truth values choose and count") func truth() throws {
    let positive = model(
      four, constants: [reals("zero", [], [0])],
      [
        node("Greater", ["x", "zero"], ["b"]), node("Cast", ["b"], ["i"], ["to": .int(6)]),
        node("Cast", ["i"], ["y"], ["to": .int(1)]),
      ])
    let graph = try Importer.run(positive).graph
    #expect(try run(positive, [-1, 0, 2, 0.5]) == [0, 0, 1, 1])
    #expect(graph.ids.count { if case .activation = graph[$0].op { true } else { false } } == 2)
  }
}
