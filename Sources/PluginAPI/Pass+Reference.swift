// The reference page of passes, written from their own descriptions.

internal import SpikeIR

extension Pass {

  /// The page `Docs/Passes.md`: every pass with its options and description.
  public static func reference(of passes: [Pass]) -> String {
    var lines = [
      "# Passes", "",
      "Written from the passes' own descriptions; a test holds this page against them. A pipeline",
      "is text: `simplify,calibrate{method=mmse,levels=15},convert{code=rate,timesteps=32}`.", "",
      "| pass | from | to | |", "|---|---|---|---|",
    ]
    lines += passes.map {
      "| [`\($0.name)`](#\($0.name)) | \($0.requires.rawValue) | \($0.establishes.rawValue) | "
        + "\($0.summary) |"
    }
    for pass in passes {
      lines += ["", "## \(pass.name)", "", "```text", pass.details, "```"]
      if pass.options.isEmpty { continue }
      lines += ["", "| option | values | default | |", "|---|---|---|---|"]
      lines += pass.options.map {
        "| `\($0.name)` | \($0.kind.description) | `\($0.defaultValue)` | \($0.summary) |"
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
