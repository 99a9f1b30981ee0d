// How the operators behind a transposition work on its operand instead.

internal import Diagnostics
internal import SpikeIR

extension TransposeSinker {

  // MARK: Constants

  /// A constant that broadcasts to a base as another did to the value; `nil` inside for none.
  struct Permuted {
    var tensor: TensorID?
  }

  /// Returns the constant that broadcasts to the base as `id` does to the value; `nil` if the
  /// factors of the arrangement do not fit.
  mutating func permuted(
    _ id: TensorID?, _ arrangement: Rearrangement, _ base: Shape
  ) throws(Diagnostic) -> Permuted? {
    guard let id else { return Permuted() }
    let tensor = result.tensors[id]
    if tensor.shape.count == 1 { return Permuted(tensor: scalar(id)) }
    guard let alignment = arrangement.aligned(to: base) else { return nil }
    let missing = alignment.value.count - tensor.shape.rank
    let extents = [Int](repeating: 1, count: missing) + tensor.shape.extents
    // The distance between neighbours in the constant, for each factor; 0 where it broadcasts.
    var strides = [Int](repeating: 0, count: alignment.factors.count)
    var step = 1
    for (d, positions) in alignment.value.enumerated().reversed() where extents[d] != 1 {
      for position in positions.reversed() {
        strides[alignment.order[position]] = step
        step *= alignment.factors[alignment.order[position]]
      }
    }
    // A dimension of the base in which some factor counts is given in full.
    var shape: [Int] = []
    var (walk, steps) = ([Int](), [Int]())
    for (d, group) in alignment.base.enumerated() {
      let counts = group.contains { strides[$0] != 0 }
      shape.append(counts ? base[d] : 1)
      if counts {
        walk += alignment.factors[group]
        steps += strides[group]
      }
    }
    let values = try result.tensors.floats(id)
    let floats = Shape(walk).mapIndicesToValues { index in
      values[zip(index, steps).reduce(0) { $0 + $1.0 * $1.1 }]
    }
    let trimmed = Shape(Array(shape.drop { $0 == 1 }))
    return Permuted(tensor: result.tensors.add(tensor.name, shape: trimmed, floats: floats))
  }

  /// Returns a constant of one element with the shape [1].
  private mutating func scalar(_ id: TensorID) -> TensorID {
    var tensor = result.tensors[id]
    guard tensor.shape != [1] else { return id }
    tensor.shape = [1]
    return result.tensors.add(tensor)
  }

  /// Returns where a normalization of a rearranged value is.
  mutating func normalized(
    _ op: BatchNorm, _ base: NodeID, _ arrangement: Rearrangement, _ node: Node
  ) throws(Diagnostic) -> View? {
    let channels: Shape = [node.shape.channels]
    let (factors, offsets) = try op.affine(result.tensors, channels: channels[0])
    let factor = result.tensors.add("\(node.name)/factor", shape: channels, floats: factors)
    let offset = result.tensors.add("\(node.name)/offset", shape: channels, floats: offsets)
    let shape = result[base].shape
    guard let newFactor = try permuted(factor, arrangement, shape)?.tensor,
      let newOffset = try permuted(offset, arrangement, shape)?.tensor
    else { return nil }
    let scale = Scale(factor: newFactor, offset: newOffset)
    return View(base: try result.add(node.name, .scale(scale), [base]), arrangement: arrangement)
  }

  // MARK: Several operands

  /// Returns where a combination of operands is that are all rearranged in the same way, or
  /// constant.
  mutating func combined(_ node: Node) throws(Diagnostic) -> View? {
    let operands = node.inputs.map { views[$0.index] }
    guard let model = operands.first(where: { $0.arrangement != nil }),
      let arrangement = model.arrangement, arrangement.shape == node.shape
    else { return nil }
    let shape = result[model.base].shape
    var inputs: [NodeID] = []
    for operand in operands {
      if operand.arrangement == arrangement {
        inputs.append(operand.base)
      } else if operand.arrangement == nil, case .constant(let constant) = result[operand.base].op {
        guard let moved = try permuted(constant.value, arrangement, shape)?.tensor else {
          return nil
        }
        let name = result.freshName(result[operand.base].name, "permuted")
        inputs.append(try result.add(name, .constant(Constant(moved))))
      } else {
        return nil
      }
    }
    for i in inputs.indices where operands[i].arrangement != nil {
      guard result[inputs[i]].shape != shape else { continue }
      let name = result.freshName(result[inputs[i]].name, "reshaped")
      inputs[i] = try result.add(name, .reshape(Reshape(shape)), [inputs[i]])
    }
    return View(base: try result.add(node.name, node.op, inputs), arrangement: arrangement)
  }

  /// Returns where the value of an operator is that treats each dimension by itself, if its
  /// operands are transpositions of whole dimensions.
  mutating func restructured(_ node: Node) throws(Diagnostic) -> View? {
    var order: [Int]?
    for operand in node.inputs.map({ views[$0.index] }) {
      let own = operand.arrangement?.aligned(to: result[operand.base].shape)?.dimensions
      guard let own, order == nil || order == own else { return nil }
      order = own
    }
    guard let order else { return nil }
    var inverse = order
    for (i, dimension) in order.enumerated() { inverse[dimension] = i }
    let op: Op
    switch node.op {
    case .concat(let concat): op = .concat(Concat(axis: order[concat.axis]))
    case .pad(var pad):
      pad.low = inverse.map { pad.low[$0] }
      pad.high = inverse.map { pad.high[$0] }
      op = .pad(pad)
    case .slice(var slice):
      slice.starts = inverse.map { slice.starts[$0] }
      slice.ends = inverse.map { slice.ends[$0] }
      slice.steps = inverse.map { slice.steps[$0] }
      op = .slice(slice)
    case .take(let take): op = .take(Take(axis: order[take.axis], indices: take.indices))
    default: return nil
    }
    let base = try result.add(node.name, op, node.inputs.map { views[$0.index].base })
    guard let arrangement = Rearrangement(of: result[base].shape).transposed(order) else {
      return nil
    }
    guard arrangement.keepsOrder else { return View(base: base, arrangement: arrangement) }
    if result[base].shape == node.shape { return View(base: base) }
    let name = result.freshName(node.name, "reshaped")
    return View(base: try result.add(name, .reshape(Reshape(node.shape)), [base]))
  }

  // MARK: Weights

  /// Returns where the product of a rearranged value with a matrix is, if the elements of the
  /// last dimension are the last of the base too.
  mutating func multiplied(
    _ op: Dense, _ base: NodeID, _ arrangement: Rearrangement, _ node: Node
  ) throws(Diagnostic) -> View? {
    guard let alignment = arrangement.aligned(to: result[base].shape),
      let leading = alignment.leading, let units = node.shape.extents.last
    else { return nil }
    let inner = alignment.order[leading...].map { $0 - leading }
    let rows = Rearrangement.permutation(Array(alignment.factors[leading...]), inner)
    var dense = op
    if inner != Array(inner.indices) {
      dense.kernel = try permutingRows(of: op.kernel, to: rows, times: 1, node)
    }
    // Positions stay as the base has them; those of the value follow from the leading factors.
    let outer = Array(alignment.order[..<leading])
    let isOrdered = outer == Array(outer.indices)
    let positions = isOrdered ? node.shape.extents.dropLast() : alignment.factors[..<leading]
    let matrix = Shape(Array(positions) + [rows.count])
    let value = try reshaped(base, to: matrix, node)
    let name = isOrdered ? node.name : result.freshName(node.name, "product")
    let product = try result.add(name, .dense(dense), [value])
    if isOrdered { return View(base: product) }
    let arranged = Rearrangement(of: Shape(Array(positions) + [units]))
      .transposed(outer + [outer.count])
    return arranged.map { View(base: product, arrangement: $0.reshaped(to: node.shape)) }
  }

  /// Returns where the convolution of a value is whose channels are permuted among themselves.
  mutating func convolved(
    _ op: Conv2D, _ base: NodeID, _ arrangement: Rearrangement, _ node: Node
  ) throws(Diagnostic) -> View? {
    let shape = result[base].shape
    guard op.groups == 1, arrangement.shape.rank == 3,
      let alignment = arrangement.aligned(to: shape), let leading = alignment.leading,
      Array(alignment.order[..<leading]) == Array(0..<leading)
    else { return nil }
    let inner = alignment.order[leading...].map { $0 - leading }
    let rows = Rearrangement.permutation(Array(alignment.factors[leading...]), inner)
    var conv = op
    let taps = op.window.size.height * op.window.size.width
    conv.kernel = try permutingRows(of: op.kernel, to: rows, times: taps, node)
    let image = try reshaped(base, to: arrangement.shape, node)
    return View(base: try result.add(node.name, .conv2d(conv), [image]))
  }

  /// Adds a reshape of `base`, if it has another shape.
  private mutating func reshaped(
    _ base: NodeID, to shape: Shape, _ node: Node
  ) throws(Diagnostic) -> NodeID {
    if result[base].shape == shape { return base }
    return try result.add(
      result.freshName(node.name, "reshaped"), .reshape(Reshape(shape)), [base])
  }

  /// Adds a matrix, or `times` matrices one after the other, with row i of `id` at place rows[i].
  private mutating func permutingRows(
    of id: TensorID, to rows: [Int], times: Int, _ node: Node
  ) throws(Diagnostic) -> TensorID {
    let (values, shape) = (try result.tensors.floats(id), result.tensors[id].shape)
    let columns = shape.channels
    var floats = values
    for t in 0..<times {
      for (i, row) in rows.enumerated() {
        let (from, to) = ((t * rows.count + i) * columns, (t * rows.count + row) * columns)
        for k in 0..<columns { floats[to + k] = values[from + k] }
      }
    }
    return result.tensors.add("\(node.name)/kernel", shape: shape, floats: floats)
  }
}
