// What the frontend knows of a kind of layer. The table of definitions both dispatches and is
// shown to users, so that neither can forget a layer.

internal import Diagnostics

/// A kind of layer that can be read.
struct LayerDefinition: Sendable {

  /// Keras's name of the class.
  var className: String

  /// What is supported, for the table that users see.
  var remark: String

  /// Returns how many weights a layer with the given options has.
  var weights: @Sendable (LayerConfig) throws(Diagnostic) -> WeightCounts

  /// Checks the options that do not depend on shapes, so that all problems are reported at once.
  var check: @Sendable (LayerConfig) throws(Diagnostic) -> Void

  /// Adds the nodes of one call of a layer and returns its value.
  var build: @Sendable (LayerCall, inout GraphBuilder) throws(Diagnostic) -> Value

  /// Creates a definition.
  init(
    _ className: String, _ remark: String = "",
    weights: @escaping @Sendable (LayerConfig) throws(Diagnostic) -> WeightCounts = {
      (_: LayerConfig) throws(Diagnostic) in WeightCounts()
    },
    check: @escaping @Sendable (LayerConfig) throws(Diagnostic) -> Void = {
      (_: LayerConfig) throws(Diagnostic) in
    },
    build: @escaping @Sendable (LayerCall, inout GraphBuilder) throws(Diagnostic) -> Value
  ) {
    self.className = className
    self.remark = remark
    self.weights = weights
    self.check = check
    self.build = build
  }

  /// All definitions, by family.
  static let all: [LayerDefinition] =
    convolutions + transposedConvolutions + dense + normalizations + activations + poolings
    + shapes + paddings + merges + preprocessings + dropped + operations

  /// Returns the definition of the class called `className`, `nil` if it is not supported.
  static func named(_ className: String) -> LayerDefinition? {
    byName[className]
  }

  private static let byName = Dictionary(
    all.map { ($0.className, $0) }, uniquingKeysWith: { first, _ in first })
}
