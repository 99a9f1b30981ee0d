// The weights of `.weights.h5` files, also within archives: groups named after classes of layers
// and numbered, nested as the models are.

internal import Diagnostics
internal import HDF5
internal import SpikeIR

/// Weights in groups that are named after the classes of layers.
///
/// - Source: the modules `saving_lib` of Keras 3.15 and tf-keras 2.15; groups measured with
///   3.0.5, 3.15 and 2.15.
struct NumberedWeights: WeightLayout {

  /// The file.
  var arrays: ArrayFile

  /// `true` iff the description comes from elsewhere: then every weight of the file must be used.
  var isComplete = false

  /// The group of the model's layers.
  static let root = "/layers"

  /// The same group in files of Keras 2.12.
  static let oldRoot = "/_layer_checkpoint_dependencies"

  /// Gives every layer of `model` its weights.
  ///
  /// - Throws: `keras.missing-weights` and `keras.unmatched-weights`, for all layers concerned.
  func assign(to model: inout ModelSpec, sink: inout DiagnosticSink) throws(CompileError) {
    var problems = DiagnosticSink()
    let root = [NumberedWeights.root, NumberedWeights.oldRoot].first {
      arrays.kind(of: $0) == .group
    }
    assign(to: &model, root ?? NumberedWeights.root, &problems)
    try problems.throwIfErrors()
  }

  private func assign(
    to model: inout ModelSpec, _ container: String, _ problems: inout DiagnosticSink
  ) {
    var groups = LayerGroups(container, arrays)
    for i in model.layers.indices {
      let group = groups.next(for: model.layers[i])
      do throws(Diagnostic) {
        if var inner = model.layers[i].model {
          let names = [NumberedWeights.root, NumberedWeights.oldRoot].map { group + $0 }
          let path = names.first { arrays.kind(of: $0) == .group } ?? names[0]
          assign(to: &inner, path, &problems)
          model.layers[i].model = inner
        } else {
          try assign(to: &model.layers[i], group)
        }
      } catch {
        problems.report(error)
      }
    }
    guard isComplete else { return }
    for (group, count) in groups.unused() {
      problems.report(
        .unmatchedWeights(
          group.split(separator: "/").last.map(String.init) ?? group, count: count,
          at: arrays.site(group)))
    }
  }

  private func assign(to layer: inout LayerSpec, _ group: String) throws(Diagnostic) {
    let expected = try layer.weightCounts().total
    guard expected > 0 || isComplete else { return }
    let variables = "\(group)/vars"
    let found = arrays.kind(of: variables) == .group ? try arrays.members(of: variables).count : 0
    guard found == expected else {
      throw .missingWeights(
        layer.config.place,
        found == 0
          ? "its weights are missing, expected \(expected)"
          : "found \(found) weights, expected \(expected)", at: arrays.site(variables))
    }
    layer.weights = (0..<expected).map { WeightPath(path: "\(variables)/\($0)") }
  }
}

/// The groups of one container of layers, given out in the order of the layers.
private struct LayerGroups {

  private let container: String
  private let arrays: ArrayFile

  /// How many layers of each class came so far.
  private var counts: [String: Int] = [:]

  /// The groups that were given out.
  private var used: Set<String> = []

  /// The groups by the names of layers, in files that say them.
  private let byName: [String: String]

  private let members: [String]

  init(_ container: String, _ arrays: ArrayFile) {
    (self.container, self.arrays) = (container, arrays)
    let found = arrays.kind(of: container) == .group ? try? arrays.members(of: container) : nil
    members = (found ?? []).filter { $0.kind == .group }.map(\.name)
    var byName: [String: String] = [:]
    for member in members {
      let name = try? arrays.string("name", of: "\(container)/\(member)/vars")
      if let name = name ?? nil { byName[name] = member }
    }
    self.byName = byName
  }

  /// Returns the path of the group of `layer`, which is the next in order.
  ///
  /// A group that says the layer's name is preferred to the number, but only among those of the
  /// same class: names are made anew when a network is built again.
  mutating func next(for layer: LayerSpec) -> String {
    let stem = layer.config.className.snakeCase
    let number = counts[stem, default: 0]
    // Keras 2.12 counts a layer with weights once more among the layers with weights.
    let isTwice = container.hasSuffix(NumberedWeights.oldRoot) && (try? layer.weightCount()) != 0
    counts[stem] = number + (isTwice ? 2 : 1)
    let numbered = number == 0 ? stem : "\(stem)_\(number)"
    var group = numbered
    if let named = byName[layer.name], named == stem || named.hasPrefix("\(stem)_"),
      !used.contains(named)
    {
      group = named
    }
    used.insert(group)
    return "\(container)/\(group)"
  }

  /// Returns the groups with weights that no layer took, with the number of their weights.
  func unused() -> [(group: String, count: Int)] {
    members.filter { !used.contains($0) }.compactMap { member in
      let variables = "\(container)/\(member)/vars"
      guard arrays.kind(of: variables) == .group,
        let count = try? arrays.members(of: variables).count, count > 0
      else { return nil }
      return ("\(container)/\(member)", count)
    }
  }
}

extension String {

  /// The name of a class in the way in which Keras names groups: words in lower case, joined by
  /// underscores.
  ///
  /// Characters that are no part of words are dropped; a word begins at a capital letter that
  /// lower-case letters follow, and at a capital letter behind a lower-case one.
  ///
  /// - Source: `to_snake_case` in `keras.src.utils.naming` of Keras 3.15.
  var snakeCase: String {
    let letters = unicodeScalars.filter { $0 == "_" || $0.properties.isAlphabetic || $0.isDigit }
    return String(
      String.UnicodeScalarView(letters)
    ).separating { _, next, following in
      next.isUpper && (following?.isLower ?? false)
    }.separating { previous, next, _ in
      previous.isLower && next.isUpper
    }.lowercased()
  }

  /// Returns the text with underscores at the places that `isBoundary` names: between two scalars,
  /// given the one that follows them.
  private func separating(
    _ isBoundary: (Unicode.Scalar, Unicode.Scalar, Unicode.Scalar?) -> Bool
  ) -> String {
    let scalars = Array(unicodeScalars)
    var result = String.UnicodeScalarView()
    for (i, scalar) in scalars.enumerated() {
      if i > 0, isBoundary(scalars[i - 1], scalar, i + 1 < scalars.count ? scalars[i + 1] : nil) {
        result.append("_")
      }
      result.append(scalar)
    }
    return String(result)
  }
}

extension Unicode.Scalar {

  fileprivate var isDigit: Bool { "0"..."9" ~= self }
  fileprivate var isUpper: Bool { "A"..."Z" ~= self }
  fileprivate var isLower: Bool { "a"..."z" ~= self }
}
