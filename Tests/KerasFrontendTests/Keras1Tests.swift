// Files of Keras 1: both orders of dimensions, both backends; what is not known is refused.

import Diagnostics
import JSONReading
import PluginAPI
import SpikeIR
import TestSupport
import Testing

@testable import KerasFrontend

@Suite("Keras 1") struct Keras1Tests {

  private func translated(_ layer: String) throws -> JSON {
    let json = try JSON(
      parsing: #"{"class_name": "Sequential", "config": [\#(layer)]}"#)
    let origin = ConfigPlace(file: "m.h5", part: "model_config")
    return try #require(
      try Keras1.translated(json, origin: origin)["config"]?.elements?.first)
  }

  @Test("computes what the network computes in Keras 2", arguments: Fixture.all(["k1"]))
  func matches(_ fixture: Fixture) throws {
    let (model, warnings) = try load(fixture.path("h5"))
    #expect(warnings == [])
    #expect(model.provenance.version == "1.2.2")
    try expectSameOutputs(model.graph, fixture)
  }

  @Test("there are files of both orders and both backends") func exist() {
    #expect(Fixture.all(["k1"]).count == 4)
  }

  @Test(
    "layers in the words of Keras 2",
    arguments: [
      (
        #"{"class_name": "Convolution1D", "config": {"filter_length": 3, "nb_filter": 4}}"#,
        "Conv1D", "kernel_size", .integer(3)
      ),
      (
        #"{"class_name": "Dense", "config": {"output_dim": 3, "bias": false}}"#,
        "Dense", "units", .integer(3)
      ),
      (
        #"{"class_name": "UpSampling1D", "config": {"length": 2}}"#,
        "UpSampling1D", "size", .integer(2)
      ),
      (
        #"{"class_name": "MaxPooling1D", "config": {"pool_length": 2, "stride": 1}}"#,
        "MaxPooling1D", "strides", .integer(1)
      ),
      (
        #"{"class_name": "Merge", "config": {"mode": "concat", "concat_axis": 2}}"#,
        "Concatenate", "axis", .integer(2)
      ),
      (#"{"class_name": "Merge", "config": {"mode": "ave"}}"#, "Average", "axis", nil),
      (
        #"{"class_name": "ZeroPadding2D", "config": {"padding": [1, 2, 3, 4]}}"#,
        "ZeroPadding2D", "padding",
        .list([
          .list([.integer(1), .integer(2)]), .list([.integer(3), .integer(4)]),
        ])
      ),
      (
        #"{"class_name": "ZeroPadding1D", "config": {"padding": {"right_pad": 2}}}"#,
        "ZeroPadding1D", "padding", .list([.integer(0), .integer(2)])
      ),
      (#"{"class_name": "Highway", "config": {}}"#, "Highway", "units", nil),
    ] as [(String, String, String, JSON?)])
  func layers(_ old: String, _ className: String, _ key: String, _ value: JSON?) throws {
    let layer = try translated(old)
    #expect(layer["class_name"]?.string == className)
    #expect(layer["config"]?[key] == value)
  }

  @Test("layers that do not say the order of dimensions follow the others") func ordering() throws {
    let json = try JSON(
      parsing: #"{"class_name": "Sequential", "config": [{"class_name": "ZeroPadding2D", "#
        + #""config": {}}, {"class_name": "MaxPooling2D", "config": {"dim_ordering": "th"}}]}"#)
    let origin = ConfigPlace(file: "m.h5", part: "model_config")
    let layers = try Keras1.translated(json, origin: origin)["config"]?.elements
    #expect(
      layers?.map { $0["config"]?["data_format"]?.string } == ["channels_first", "channels_first"])
  }

  @Test("layers of both orders are refused") func bothOrders() throws {
    let json = try JSON(
      parsing: #"[{"config": {"dim_ordering": "th"}}, {"config": {"dim_ordering": "tf"}}]"#)
    let error = #expect(throws: Diagnostic.self) {
      _ = try Keras1.translated(json, origin: ConfigPlace(file: "m.h5", part: ""))
    }
    #expect(error?.id == "keras.unsupported-version")
  }

  @Test("kernels whose order no source tells are refused") func unknownKernels() throws {
    let place = LayerPlace(config: ConfigPlace(file: "m.h5", part: ""), path: "s")
    let layer = LayerConfig(
      place: place, className: "SeparableConv2D", generation: .two, options: [:])
    let error = #expect(throws: Diagnostic.self) {
      _ = try KernelConvention(isTheano: true).order(of: 1, in: layer)
    }
    #expect(error?.id == "keras.unsupported-version")
    #expect(try KernelConvention(isKeras1: true).order(of: 1, in: layer) == nil)
  }

  @Test("elements come into the order of Keras 2") func arranged() {
    // [out, in, rows, columns] = [1, 2, 1, 3], the columns backwards.
    let order = StoredOrder(axes: [3, 2, 0, 1], reversed: [0, 1])
    #expect(order.stored([1, 3, 2, 1]) == [1, 2, 1, 3])
    #expect(order.arranged([1, 2, 3, 4, 5, 6], as: [1, 3, 2, 1]) == [3, 6, 2, 5, 1, 4])
    let line = StoredOrder(axes: [0, StoredOrder.single, 1, 2])
    #expect(line.stored([3, 2, 4]) == [3, 1, 2, 4])
  }
}
