// What the parser reads before names are resolved: statements with labels and positions.

internal import SpikeIR

/// A label or word with the position where it stands.
struct Spot<Value> {
  /// What stands there.
  var value: Value
  /// The position of its first byte.
  var offset: Int
}

/// The value of an attribute, with labels for tensors.
enum ValueSyntax {
  /// A value that needs no resolution.
  case literal(AttributeValue)
  /// A tensor, by its label.
  case label(Spot<String>)
}

/// An attribute or field.
struct AttributeSyntax {
  /// The name.
  var name: String
  /// The value.
  var value: ValueSyntax
}

/// What a statement defines: a keyword with a name, attributes in braces, and fields after them.
struct EntitySyntax {
  /// The label that the entity gets.
  var label: Spot<String>
  /// The operator, neuron model or kind of projection.
  var mnemonic: Spot<String>
  /// The name in quotes.
  var name: String
  /// The operands in parentheses.
  var operands: [Spot<String>]
  /// The attributes in braces.
  var attributes: [AttributeSyntax]
  /// The fields after the braces.
  var fields: [AttributeSyntax]
}

/// A statement that defines a node.
struct NodeSyntax {
  /// The shape.
  var shape: Shape
  /// The rest.
  var entity: EntitySyntax
}

/// A statement that defines a population.
struct PopulationSyntax {
  /// The shape.
  var shape: Shape
  /// The keyword of the code.
  var code: Spot<String>
  /// The number in parentheses.
  var timesteps: Int
  /// The rest.
  var entity: EntitySyntax
}

/// A statement that defines a projection.
struct ProjectionSyntax {
  /// The population that emits.
  var source: Spot<String>
  /// The population that receives.
  var target: Spot<String>
  /// The rest.
  var entity: EntitySyntax
}

/// A statement that defines a tensor.
struct TensorSyntax {
  /// The label.
  var label: Spot<String>
  /// The tensor.
  var tensor: Tensor
}

/// A statement that says what encodes or decodes a population.
struct CoderSyntax {
  /// The position of the keyword.
  var offset: Int
  /// The population.
  var population: Spot<String>
  /// The attributes in braces.
  var attributes: [AttributeSyntax]
}

/// A statement that defines a slice.
struct SliceSyntax {
  /// The label.
  var label: Spot<String>
  /// The population.
  var population: Spot<String>
  /// The neurons.
  var box: NeuronBox
  /// The core.
  var core: Int
  /// The first place on the core.
  var first: Int
}

/// A file: a level, a name, and statements by kind, each kind in the order of the file.
struct FileSyntax {
  /// The level.
  var level = Level.ann
  /// The name of the model, and where it stands.
  var name = Spot(value: "", offset: 0)
  /// The nodes.
  var nodes: [NodeSyntax] = []
  /// The values returned, by the last `return`.
  var outputs: [Spot<String>] = []
  /// The populations.
  var populations: [PopulationSyntax] = []
  /// The projections.
  var projections: [ProjectionSyntax] = []
  /// The encoders.
  var encoders: [CoderSyntax] = []
  /// The decoders.
  var decoders: [CoderSyntax] = []
  /// The machine on which the neurons have places.
  var target: Spot<String>?
  /// The slices.
  var slices: [SliceSyntax] = []
  /// The tensors.
  var tensors: [TensorSyntax] = []
}
