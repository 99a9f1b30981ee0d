// Accounting `dense-rect`: a rectangle of synapses, there whether they are used or not (TrueNorth).

/// A crossbar of axons by neurons with a synapse at each crossing.
///
/// A core takes as many axons as there are rows and as many neurons as there are columns; synapses
/// take nothing beside, so that what counts is how much of the rectangle is filled.
package struct DenseRectangle: Hashable, Sendable {

  /// The axons.
  package var rows: Int

  /// The neurons.
  package var columns: Int

  /// Creates a rectangle.
  ///
  /// - Precondition: it is not empty.
  package init(rows: Int, columns: Int) {
    precondition(rows > 0 && columns > 0, "internal: an empty crossbar")
    self.rows = rows
    self.columns = columns
  }

  /// The number of crossings.
  package var cells: Int { rows.saturatingProduct(columns) }

  /// Returns whether so many axons and neurons fit.
  package func fits(axons: Int, neurons: Int) -> Bool { axons <= rows && neurons <= columns }

  /// Returns the least number of cores for a layer of which every neuron listens to every axon: as
  /// many as there are rectangles in its matrix.
  package func cores(axons: Int, neurons: Int) -> Int {
    axons.dividedRoundingUp(by: rows)
      .saturatingProduct(neurons.dividedRoundingUp(by: columns))
  }

  /// Returns the part of the crossings that hold a synapse, 0...1.
  package func fill(synapses: Int) -> Double { Double(synapses) / Double(cells) }
}
