// The `ann` level: tensor operators as imported, in static single assignment form.

public import Diagnostics

/// An operator applied to values; it computes one value, known by the node's identity.
public struct Node: Hashable, Sendable {

  /// The name of the layer or node in the model file; unique within a verified graph.
  public var name: String

  /// What is computed.
  public var op: Op

  /// The operands, computed by earlier nodes.
  public var inputs: [NodeID]

  /// The shape of the value, without a batch dimension.
  public var shape: Shape

  /// The clipping range of the value for spike codes: [channels], or [1] for all channels.
  ///
  /// Set by the pass `calibrate`; a spiking population represents the range from 0 (or from
  /// minus the threshold, if signed) to the threshold.
  public var threshold: TensorID?

  /// Creates a node with the given properties.
  public init(
    name: String, op: Op, inputs: [NodeID], shape: Shape, threshold: TensorID? = nil
  ) {
    self.name = name
    self.op = op
    self.inputs = inputs
    self.shape = shape
    self.threshold = threshold
  }
}

/// A feed-forward network of tensor operators.
///
/// Nodes are in topological order: the operands of a node come before it.
public struct ANNGraph: Hashable, Sendable {

  /// The name of the model.
  public var name: String

  /// The nodes, operands first.
  public var nodes = PrimaryMap<NodeID, Node>()

  /// The values that are the network's results, in order.
  public var outputs: [NodeID] = []

  /// The constants.
  public var tensors = TensorStore()

  /// Creates an empty graph.
  public init(name: String) {
    self.name = name
  }

  /// The identities of the nodes, operands first.
  public var ids: [NodeID] { nodes.ids }

  /// The nodes that stand for the network's inputs, in order.
  public var inputs: [NodeID] {
    ids.filter { nodes[$0].op == .input }
  }

  /// Accesses the node `id`.
  public subscript(id: NodeID) -> Node {
    get { nodes[id] }
    set { nodes[id] = newValue }
  }

  /// Returns, for each node, the nodes that use its value, in order; a node that uses a value
  /// twice is listed twice.
  ///
  /// - Complexity: O(nodes + operands).
  public func users() -> [[NodeID]] {
    var result = [[NodeID]](repeating: [], count: nodes.count)
    for id in ids {
      for input in nodes[id].inputs { result[input.index].append(id) }
    }
    return result
  }

  /// Adds a node whose shape follows from its operands, and returns its identity.
  ///
  /// - Throws: what the operator's shape rule throws, located at `name`.
  @discardableResult
  public mutating func add(
    _ name: String, _ op: Op, _ inputs: [NodeID] = [], shape: Shape? = nil
  ) throws(Diagnostic) -> NodeID {
    let inferred: Shape
    if let shape, op == .input {
      inferred = shape
    } else {
      do throws(Diagnostic) {
        inferred = try op.outputShape(of: inputs.map { nodes[$0].shape }, tensors)
      } catch {
        throw error.located(at: .entity(name))
      }
    }
    return nodes.append(Node(name: name, op: op, inputs: inputs, shape: inferred))
  }
}
