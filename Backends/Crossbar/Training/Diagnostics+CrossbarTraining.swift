// What can be wrong with training on arrays.

internal import Diagnostics

extension Diagnostic {

  /// What networks for arrays whose devices do not learn are trained with.
  static let exactTrains =
    "--exact trains matrices in memory, which 'compile' lays out on such arrays"

  /// Returns an error about numbers of devices that the description leaves open.
  static func unknownDeviceNumbers(_ names: [String]) -> Diagnostic {
    let list = names.map { "'\($0)'" }.joined(separator: ", ")
    return .error(
      "crossbar.unknown-device-number",
      "the description of the array does not say \(list) of its devices, which training needs",
      notes: [
        "add them to the group 'device' of the target's 'analog' part",
        "or give them as options, such as --device \(names[0])=0.1",
      ], exitCode: .usage)
  }

  /// Returns an error about a number of devices that cannot be, of an option or of a description.
  static func badDeviceNumber(_ name: String, _ value: Double, isOption: Bool) -> Diagnostic {
    let expected =
      switch name {
      case "dwMin": "above 0"
      case "wMin": "at most 0"
      default: "at least 0"
      }
    return .error(
      "crossbar.bad-device-number",
      "'\(name)' of the array's devices is \(value), expected a number \(expected)",
      notes: [
        isOption
          ? "it is given by '--device \(name)=…'"
          : "it stands in the group 'device' of the target's 'analog' part"
      ], exitCode: isOption ? .usage : .badData)
  }

  /// Returns an error about a number that devices do not have.
  static func noSuchDeviceNumber(_ name: String, known: [String]) -> Diagnostic {
    .error(
      "crossbar.no-such-device-number", "devices have no number '\(name)'",
      notes: ["they have " + known.joined(separator: ", ")], exitCode: .usage)
  }

  /// Returns an error about arrays that hold signed weights in a way that pulses do not change.
  static func cannotLearn(_ mapping: String, on arrays: String) -> Diagnostic {
    .error(
      "crossbar.cannot-learn",
      "\(arrays) hold weights as '\(mapping)' ('mapping'), expected 'signed-abstract': updates by "
        + "pulses move devices that hold a weight with its sign")
  }

  /// Returns an error about devices of a model that pulses do not move by constant steps.
  static func hasNoConstantSteps(_ model: String, on arrays: String) -> Diagnostic {
    .error(
      "crossbar.cannot-learn",
      "'device.model' of \(arrays) is '\(model)', expected 'ideal': training moves weights by steps of "
        + "the same mean size, which such devices do not make",
      notes: ["leave 'device.model' out to train devices of constant steps, 'dwMin' and the like"])
  }

  /// Returns an error about devices of a weight that are on arrays of their own.
  static func cannotLearnOnParts(_ devices: Int) -> Diagnostic {
    .error(
      "crossbar.cannot-learn",
      "the \(devices, of: "device") of a weight are on as many arrays ('parts' is 'arrays'), "
        + "updates by pulses need them on one",
      notes: ["say 'columns' for 'parts' in the target's 'analog' part, or one device a weight"])
  }

  /// Returns an error about a network that takes more arrays than a machine has.
  static func tooFewArrays(_ count: Int, available: Int, of target: String) -> Diagnostic {
    .error(
      "fit.arrays",
      "the layers take \(count, of: "array") of '\(target)', expected at most \(available)",
      notes: [
        "give weights fewer devices, or a target with more or larger arrays",
        "--exact trains matrices in memory, of any size",
      ], exitCode: .doesNotFit)
  }

  /// Returns an error about a number of slots that no update has.
  static func badSlots(_ count: Int) -> Diagnostic {
    .error(
      "crossbar.bad-slots", "an update has \(count) slots for pulses, expected 1 to 64",
      notes: ["give --pulses, or 'update.pulses' in the target's 'analog' part"], exitCode: .usage)
  }

  /// Returns an error about a weight on more devices than an array has in a row.
  static func tooManyDevices(_ count: Int, layer: String, columns: Int) -> Diagnostic {
    .error(
      "crossbar.too-many-devices",
      "the weights of '\(layer)' are to have \(count, of: "device") each, an array has "
        + "\(columns, of: "column")",
      notes: ["give at least 1 and at most \(columns)"], exitCode: .doesNotFit)
  }

  /// Returns an error about a layer that is not there, or has no weights.
  static func noSuchLayer(_ name: String, known: [String]) -> Diagnostic {
    .error(
      "crossbar.no-such-layer", "there is no layer '\(name)' with weights",
      notes: ["the layers are " + known.joined(separator: ", ")], exitCode: .usage)
  }
}
