// Small networks of one layer each: the table of supported layers shows what they become.

internal import Diagnostics
internal import JSONReading
internal import PluginAPI
internal import SpikeIR

extension LayerDefinition {

  /// Returns the lines of the table of supported layers for this definition.
  var lines: [SupportedLayer] {
    switch className {
    case "Activation":
      return ActivationFunctions.names.map { name in
        SupportedLayer(
          "Activation: \(name)", "also the argument 'activation' of other layers",
          sample: sample(["activation": .text(name)]))
      }
    case "TFOpLambda":
      return LayerDefinition.tensorFlowFunctions.map { name in
        SupportedLayer("tf.\(name)", "function of Keras 2", sample: functionSample(name))
      }
    default:
      return [SupportedLayer(className, remark, sample: sample(sampleOptions, sampleInputs))]
    }
  }

  /// Returns the network of one layer with the given options on inputs of the given shapes; `nil`
  /// if they do not suit the layer.
  ///
  /// Its weights are made up.
  func sample(_ options: [String: JSON], _ shapes: [Shape] = [[8, 8, 4]]) -> ANNGraph? {
    let place = LayerPlace(config: ConfigPlace(file: className, part: ""), path: "layer")
    let config = LayerConfig(
      place: place, className: className, generation: .three, options: options)
    var builder = GraphBuilder(name: className, file: className, arrays: nil)
    do throws(Diagnostic) {
      var inputs: [Value] = []
      for shape in shapes {
        inputs.append(Value(node: try builder.addInput("input", shape: shape, place)))
      }
      let count = try weights(config).total
      let call = LayerCall(
        config: config, name: "layer", inputs: inputs,
        arguments: inputs.indices.map { .tensor($0) }, options: [:],
        weights: (0..<count).map { WeightPath(path: "\($0)") })
      let output = try build(call, &builder)
      builder.graph.outputs = [try builder.plain(output, for: call)]
      return builder.graph
    } catch {
      return nil
    }
  }

  private func functionSample(_ name: String) -> ANNGraph? {
    var options: [String: JSON] = ["function": .text(name)]
    if name.hasPrefix("math.reduce") { options["axis"] = .list([.integer(1), .integer(2)]) }
    if name == "reshape" { options["shape"] = .list([.integer(-1), .integer(256)]) }
    for count in 1...2 {
      let shapes = [Shape](repeating: [8, 8, 4], count: count)
      if let sample = sample(options, shapes) { return sample }
    }
    return nil
  }

  /// The number of spatial dimensions in the name of the class.
  private var isLine: Bool { className.contains("1D") }

  private var sampleInputs: [Shape] {
    switch className {
    case "Dense", "RepeatVector": [[8]]
    case "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate",
      "TrueDivide", "Divide":
      [[8, 8, 4], [8, 8, 4]]
    default: isLine ? [[8, 4]] : [[8, 8, 4]]
    }
  }

  private var sampleOptions: [String: JSON] {
    let axes: JSON = .list([.integer(1), .integer(2)])
    switch className {
    case "Dense": return ["units": .integer(4)]
    case "RepeatVector": return ["n": .integer(3)]
    case "Reshape": return ["target_shape": .list([.integer(16), .integer(16)])]
    case "Permute": return ["dims": .list([.integer(2), .integer(1), .integer(3)])]
    case "Rescaling": return ["scale": .number(0.5), "offset": .number(0.25)]
    case "Normalization": return ["axis": .integer(-1)]
    case "Mean", "Max": return ["axis": axes]
    case "ZeroPadding1D", "ZeroPadding2D": return ["padding": .integer(1)]
    case "Cropping1D", "Cropping2D": return ["cropping": .integer(1)]
    case "ReLU": return ["max_value": .integer(6)]
    default:
      guard className.contains("Conv") else { return [:] }
      return ["filters": .integer(4), "kernel_size": .integer(3)]
    }
  }
}
