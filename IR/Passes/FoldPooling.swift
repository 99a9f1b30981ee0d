// The pass `fold-pooling`: averages over windows become part of the kernels that read them.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Folds averages into the convolutions and dense layers that use them.
  package static let foldPooling = Pass.ann(
    name: "fold-pooling",
    summary: "fold average pooling into the kernels that follow",
    details: """
      The average over windows of k × k elements, s apart, that only convolutions and dense layers
      use, is a linear map that can be done by those: a kernel of m × m becomes one of
      (m − 1)·s + k, with strides s times as large,
        kernel'[i·s + a, j·s + b, c, o] += kernel[i, j, c, o] / k²,  a, b = 0 … k − 1.
      A dense layer behind a flattened image is a kernel of the image's size first. Nothing is folded
      where zeros around the pooled image would be pixels of the other (windows that overlap, rows that
      no window has), where averages leave padding out, or where a kernel would have more inputs than
      'inputs'. How many windows are read stays the same; weights grow about k² times. Useful on
      analog arrays alone, for networks of spikes under `rate`: sums of several spikes in a tick have
      several bits, which arrays read one by one. Elsewhere the sum is cheaper.
      Before: %2 = pool %1 {kind=average, size=[2,2], strides=[2,2]}
              %3 = conv2d %2 {kernel=%t0, size=[3,3], pads=[1,1,1,1]}
      After:  %3 = conv2d %1 {kernel=%t1, size=[6,6], strides=[2,2], pads=[2,2,2,2]}
      Outputs are equal up to rounding.
      """,
    options: [
      PassOption(
        "inputs", .integer(1...1 << 24), default: "512",
        "the most inputs of a kernel that is folded")
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    try liftingDiagnostic { () throws(Diagnostic) in
      let folds = try graph.poolingFolds(most: arguments.integer("inputs"))
      graph = try graph.folding(folds).compacted()
      context.count(
        "pooling layers folded", of: "fold-pooling", by: Set(folds.values.map(\.pool)).count)
    }
  }
}

/// A linear layer that can do the average before it.
private struct PoolingFold {

  /// The pooling layer.
  var pool: NodeID

  /// The layer's kernel, [height, width, in channels, out channels], the image's size for a dense layer.
  var kernel: TensorID

  /// The extents of that kernel.
  var extents: Shape

  /// How it slides over the pooled image.
  var window: Window

  /// How the folded kernel slides over the image before.
  var folded: Window
}

extension ANNGraph {

  /// Returns the layers that can do the average before them, all users of it.
  fileprivate func poolingFolds(most: Int) throws(Diagnostic) -> [NodeID: PoolingFold] {
    let users = self.users()
    var result: [NodeID: PoolingFold] = [:]
    for id in ids {
      guard case .pool(let pool) = self[id].op, pool.kind == .average, !outputs.contains(id),
        pool.window.padding == .none || pool.countsPadding
      else { continue }
      // A flattened image is what a dense layer reads.
      var layers: [NodeID] = []
      var isFoldable = true
      for user in users[id.index] {
        if case .reshape = self[user].op {
          isFoldable = isFoldable && self[user].shape.rank == 1 && !outputs.contains(user)
          layers += users[user.index]
        } else {
          layers.append(user)
        }
      }
      var folds: [NodeID: PoolingFold] = [:]
      for layer in layers {
        folds[layer] = fold(of: id, pool.window, into: layer, most: most)
        isFoldable = isFoldable && folds[layer] != nil
      }
      if isFoldable { result.merge(folds) { $1 } }
    }
    return result
  }

  /// Returns how `layer` can do the average `pool`; `nil` if it cannot.
  private func fold(
    of pool: NodeID, _ average: Window, into layer: NodeID, most: Int
  ) -> PoolingFold? {
    let (image, pooled) = (self[self[pool].inputs[0]].shape, self[pool].shape)
    let (kernel, extents, window): (TensorID, Shape, Window)
    switch self[layer].op {
    case .conv2d(let conv):
      (kernel, extents, window) = (conv.kernel, tensors[conv.kernel].shape, conv.window)
    case .dense(let dense) where self[layer].shape.rank == 1:
      kernel = dense.kernel
      extents = [pooled[0], pooled[1], pooled[2], self[layer].shape.count]
      window = Window(size: Pair(pooled[0], pooled[1]))
    default: return nil
    }
    let positions = self[layer].shape.rank == 3 ? self[layer].shape : [1, 1]
    guard
      let rows = Axis(rowsOf: average, image, pooled).folding(
        Axis(rowsOf: window, pooled, positions)),
      let columns = Axis(columnsOf: average, image, pooled).folding(
        Axis(columnsOf: window, pooled, positions))
    else { return nil }
    let (count, overflow) = rows.size.multipliedReportingOverflow(by: columns.size)
    guard !overflow, count <= most / max(1, extents[2]) else { return nil }
    let folded = Window(
      size: Pair(rows.size, columns.size), strides: Pair(rows.stride, columns.stride),
      padding: Padding(
        top: rows.padding.0, left: columns.padding.0, bottom: rows.padding.1,
        right: columns.padding.1))
    return PoolingFold(
      pool: pool, kernel: kernel, extents: extents, window: window, folded: folded)
  }

  /// Returns the graph with averages done by the layers that follow.
  fileprivate func folding(_ folds: [NodeID: PoolingFold]) throws(Diagnostic) -> ANNGraph {
    var map: [NodeID] = []
    return try rewritten { (result, id, node, inputs) throws(Diagnostic) in
      // Operands are given in the order of nodes, of which each leaves its new identity here.
      guard let fold = folds[id] else {
        map.append(result.keep(node, inputs))
        return map[map.count - 1]
      }
      let source = map[self[fold.pool].inputs[0].index]
      let kernel = try result.folded(fold, average: self[fold.pool], for: node.name)
      var layer = node
      switch node.op {
      case .conv2d(var conv):
        (conv.kernel, conv.window) = (kernel, fold.folded)
        layer.op = .conv2d(conv)
        map.append(result.keep(layer, [source]))
      case .dense(let dense):
        layer.name = freshName(node.name, "pooled")
        layer.op = .conv2d(Conv2D(kernel: kernel, bias: dense.bias, window: fold.folded))
        layer.shape = [1, 1, node.shape.count]
        let image = result.keep(layer, [source])
        map.append(
          try result.add(node.name, .reshape(Reshape([node.shape.count])), [image]))
      default: preconditionFailure("internal: '\(node.op.mnemonic)' does no average")
      }
      return map[map.count - 1]
    }
  }

  /// Adds the kernel that does an average as well.
  private mutating func folded(
    _ fold: PoolingFold, average: Node, for name: String
  ) throws(Diagnostic) -> TensorID {
    guard case .pool(let pool) = average.op else {
      preconditionFailure("internal: '\(average.name)' is no average")
    }
    let old = try tensors.floats(fold.kernel)
    let (size, window, steps) = (fold.folded.size, pool.window, fold.window)
    let depth = fold.extents[2] * fold.extents[3]
    let count = Double(window.size.height * window.size.width)
    var sums = [Double](repeating: 0, count: size.height * size.width * depth)
    for i in 0..<steps.size.height {
      for j in 0..<steps.size.width {
        for a in 0..<window.size.height {
          for b in 0..<window.size.width {
            let row =
              i * steps.dilations.height * window.strides.height + a * window.dilations.height
            let column =
              j * steps.dilations.width * window.strides.width + b * window.dilations.width
            let (from, to) = (
              (i * steps.size.width + j) * depth, (row * size.width + column) * depth
            )
            for k in 0..<depth { sums[to + k] += Double(old[from + k]) / count }
          }
        }
      }
    }
    return tensors.add(
      "\(name)/kernel", shape: [size.height, size.width, fold.extents[2], fold.extents[3]],
      floats: sums.map { Float($0) })
  }
}

/// One direction of a window over an image.
private struct Axis {

  /// The extent of the image and the number of positions.
  var image, positions: Int

  /// The taps, with the steps between them and between windows.
  var size, dilation, stride: Int

  /// What is added before and after.
  var padding: (Int, Int)

  /// The rows of a window.
  init(rowsOf window: Window, _ image: Shape, _ positions: Shape) {
    (self.image, self.positions) = (image[0], positions[0])
    (size, dilation, stride) = (
      window.size.height, window.dilations.height, window.strides.height
    )
    padding = (window.padding.top, window.padding.bottom)
  }

  /// The columns of a window.
  init(columnsOf window: Window, _ image: Shape, _ positions: Shape) {
    (self.image, self.positions) = (image[1], positions[1])
    (size, dilation, stride) = (window.size.width, window.dilations.width, window.strides.width)
    padding = (window.padding.left, window.padding.right)
  }

  /// Returns the window of `next`, which slides over what this averages, over this one's image; `nil`
  /// if there is none.
  func folding(_ next: Axis) -> (size: Int, stride: Int, padding: (Int, Int))? {
    // Zeros around the pooled image are averages of nothing but zeros: of windows that would end before
    // the first pixel, or begin after the last.
    let reach = (size - 1) * dilation
    if next.padding.0 > 0, reach - stride - padding.0 >= 0 { return nil }
    if next.padding.1 > 0, positions * stride - padding.0 < image { return nil }
    let total = (next.size - 1) * next.dilation * stride + reach + 1
    let step = stride.multipliedReportingOverflow(by: next.stride)
    guard !step.overflow else { return nil }
    let around = (padding.0 + next.padding.0 * stride, padding.1 + next.padding.1 * stride)
    let room = image + around.0 + around.1 - total
    guard room >= 0, room / step.partialValue + 1 == next.positions else { return nil }
    return (total, step.partialValue, around)
  }
}
