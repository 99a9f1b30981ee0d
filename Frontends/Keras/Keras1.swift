// Models of Keras 1: their layers in the words of Keras 2, and the order of dimensions of their
// kernels.

internal import Diagnostics
internal import JSONReading
internal import SpikeIR

/// The translation of descriptions of Keras 1.
///
/// - Source: the methods `get_config` of the layers of Keras 1.2.2.
struct Keras1: Sendable {

  /// The place of the description, for messages.
  let origin: ConfigPlace

  /// The order of an image's dimensions where a layer does not say it, as `th` or `tf`.
  private var ordering = "tf"

  /// Returns `json`, a description of Keras 1, in the words of Keras 2.
  ///
  /// Some layers of Keras 1 do not say which dimension of an image is the channels; they follow
  /// the others.
  ///
  /// - Throws: `keras.unsupported-version` if layers disagree about the order of dimensions.
  static func translated(_ json: JSON, origin: ConfigPlace) throws(Diagnostic) -> JSON {
    var translation = Keras1(origin: origin)
    var orderings: Set<String> = []
    collect(json, into: &orderings)
    guard orderings.count <= 1 else {
      throw .unsupportedVersion(
        origin.file, "written by Keras 1, with layers of both orders of dimensions")
    }
    translation.ordering = orderings.first ?? "tf"
    return translation.model(json)
  }

  private init(origin: ConfigPlace) {
    self.origin = origin
  }

  private static func collect(_ json: JSON, into orderings: inout Set<String>) {
    if let word = json["config"]?["dim_ordering"]?.string, word != "default" {
      orderings.insert(word)
    }
    for child in (json.elements ?? []) + (json.members ?? [:]).values {
      collect(child, into: &orderings)
    }
  }

  /// Returns a model with its layers translated.
  private func model(_ json: JSON) -> JSON {
    guard var members = json.members else { return json }
    switch members["config"] {
    case .list(let layers)?: members["config"] = .list(layers.map { layer($0) })
    case .object(var config)?:
      if let layers = config["layers"]?.elements {
        config["layers"] = .list(layers.map { layer($0) })
      }
      members["config"] = .object(config)
    default: break
    }
    return .object(members)
  }

  /// Returns a layer in the words of Keras 2; one that is not known stays as it is and is refused
  /// by its name.
  private func layer(_ json: JSON) -> JSON {
    guard var members = json.members, let className = members["class_name"]?.string else {
      return json
    }
    if ModelParser.modelClasses.contains(className) { return model(json) }
    guard let options = members["config"]?.members else { return json }
    var config = options
    for (old, new) in Keras1.names where options[old] != nil { config[new] = options[old] }
    if Keras1.images.contains(className) {
      let word = options["dim_ordering"]?.string ?? ordering
      config["data_format"] = .text(word == "th" ? "channels_first" : "channels_last")
    }
    members["class_name"] = .text(
      translate(className, options, &config) ?? Keras1.classes[className] ?? className)
    members["config"] = .object(config)
    return .object(members)
  }

  /// Translates options whose meaning differs, and returns the class where it depends on them.
  private func translate(
    _ className: String, _ options: [String: JSON], _ config: inout [String: JSON]
  ) -> String? {
    switch className {
    case "Convolution2D", "AtrousConvolution2D", "SeparableConvolution2D":
      config["kernel_size"] = .list([options["nb_row"] ?? .null, options["nb_col"] ?? .null])
    case "ZeroPadding1D", "ZeroPadding2D": config["padding"] = padding(options["padding"])
    case "BatchNormalization":
      // Other modes take the statistics of each sample or batch, also after training.
      guard options["mode"]?.int ?? 0 == 0 else { return "BatchNormalization (mode 1 or 2)" }
    case "Merge":
      config["axis"] = options["concat_axis"]
      guard let mode = options["mode"]?.string, let name = Keras1.merges[mode] else {
        return "Merge (\(options["mode"]?.excerpt ?? "no mode"))"
      }
      return name
    default: break
    }
    return nil
  }

  /// Returns rows and columns in pairs: `[top, bottom, left, right]` and names for them become
  /// `[[top, bottom], [left, right]]`.
  private func padding(_ value: JSON?) -> JSON? {
    if let list = value?.elements, list.count == 4 {
      return .list([.list([list[0], list[1]]), .list([list[2], list[3]])])
    }
    guard let named = value?.members else { return value }
    let line = ["left_pad", "right_pad"].map { named[$0] ?? .integer(0) }
    guard named["top_pad"] != nil || named["bottom_pad"] != nil else { return .list(line) }
    let column = ["top_pad", "bottom_pad"].map { named[$0] ?? .integer(0) }
    return .list([.list(column), .list(line)])
  }

  // MARK: tables

  private static let classes = [
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D", "SeparableConvolution2D": "SeparableConv2D",
  ]

  private static let merges = [
    "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate",
  ]

  private static let names = [
    "nb_filter": "filters", "filter_length": "kernel_size", "subsample": "strides",
    "subsample_length": "strides", "border_mode": "padding", "bias": "use_bias",
    "atrous_rate": "dilation_rate", "output_dim": "units", "p": "rate", "pool_length": "pool_size",
    "stride": "strides", "length": "size",
  ]

  /// The layers for which the order of dimensions matters.
  private static let images: Set<String> = [
    "Convolution2D", "AtrousConvolution2D", "SeparableConvolution2D", "MaxPooling2D",
    "AveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling2D", "ZeroPadding2D",
    "Cropping2D", "UpSampling2D",
  ]
}

/// How the kernels of convolutions lie in a file.
struct KernelConvention: Hashable, Sendable {

  /// `true` iff the file is of Keras 1.
  var isKeras1 = false

  /// `true` iff the backend was Theano, whose convolutions run over a kernel backwards.
  var isTheano = false

  /// Returns the order of dimensions of weight `index` of a layer; `nil` if it is the usual one.
  ///
  /// - Throws: `keras.unsupported-version` for kernels whose order no source tells.
  /// - Source: Keras 1.2.2, the methods `build` of the layers; tf-keras 2.15,
  ///   `preprocess_weights_for_loading`, for Keras 1; Keras 2.2.4, the same function, for kernels
  ///   of Theano.
  func order(of index: Int, in layer: LayerConfig) throws(Diagnostic) -> StoredOrder? {
    guard layer.className.contains("Conv"), index == 0 || layer.className.hasPrefix("Separable")
    else { return nil }
    switch layer.className {
    case "Conv2D", "Conv2DTranspose":
      let isFirst = try layer.isChannelsFirst() && isKeras1
      let axes = isFirst ? [3, 2, 0, 1] : [0, 1, 2, 3]
      guard isFirst || isTheano else { return nil }
      return StoredOrder(axes: axes, reversed: isTheano ? [0, 1] : [])
    case "Conv1D":
      // Keras 1 keeps the kernel of a line as that of an image of one column.
      guard isKeras1 || isTheano else { return nil }
      return StoredOrder(
        axes: isKeras1 ? [0, StoredOrder.single, 1, 2] : [0, 1, 2], reversed: isTheano ? [0] : [])
    default:
      let isFirst = try layer.isChannelsFirst()
      guard !isTheano, !(isKeras1 && isFirst) else {
        throw .unsupportedVersion(
          layer.place.config.file,
          "layer '\(layer.place.path)' is a \(layer.className) written "
            + (isTheano ? "with the Theano backend" : "by Keras 1 with the channels first"))
      }
      return nil
    }
  }
}
