// What a run knows: frontends, passes, targets. A value that the command makes and hands down.

package import PluginAPI

/// The parts that are available.
package struct Registry: Sendable {

  /// The readers of model files, asked in this order.
  package var frontends: [any Frontend]

  /// The passes.
  package var passes: [Pass]

  /// The targets.
  package var targets: [Target]

  /// The neuron models, for the list.
  package var neurons: [NeuronSummary]

  /// A neuron model in a list.
  package struct NeuronSummary: Hashable, Sendable {
    /// The keyword.
    package var name: String
    /// One line on what it does.
    package var summary: String
  }

  /// A target that networks can be compiled for.
  package struct Target: Hashable, Sendable {
    /// The name on the command line.
    package var name: String
    /// The backend that serves it.
    package var backend: String
    /// One line on what it is.
    package var summary: String
  }

  /// Returns the frontend that reads `file`, `nil` if none does.
  ///
  /// The content counts more than the name, except that texts of many kinds begin alike.
  func frontend(for file: InputFile) -> (any Frontend)? {
    let isText = file.prefix.first { $0 > 32 } == UInt8(ascii: "{")
    if !isText, let found = frontends.first(where: { $0.recognizes(path: "", prefix: file.prefix) })
    {
      return found
    }
    return frontends.first { $0.recognizes(path: file.path, prefix: file.prefix) }
  }
}
