import Driver
import Foundation
import PluginAPI
import Testing

@Suite("Supported layers") struct SupportedLayersTests {

  @Test("Docs/supported-layers.md is what the tables say") func pageIsCurrent() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = root.appendingPathComponent("Docs/supported-layers.md")
    let expected = Registry.builtIn.supportedLayersPage
    let found = try? String(contentsOf: page, encoding: .utf8)
    if found != expected, ProcessInfo.processInfo.environment["SPIKEC_RECORD"] == "1" {
      try expected.write(to: page, atomically: true, encoding: .utf8)
    }
    #expect(found == expected, "SPIKEC_RECORD=1 rewrites the page")
  }

  @Test("what is known to become spikes is said to") func verdicts() {
    let lines = Registry.builtIn.supportedLayersPage.split(separator: "\n")
    func verdict(_ name: String) -> String? {
      lines.first { $0.hasPrefix("| \(name) |") }?.split(separator: "|").last
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
    for name in ["`Conv2D`", "`MaxPooling2D`", "`LeakyReLU`", "`Dropout`", "tf.nn.relu6"] {
      #expect(verdict(name) == "yes", "\(name)")
    }
    #expect(verdict("`Softmax`") == "as the last layer")
    #expect(verdict("Activation: sigmoid") == "yes, in levels")
    #expect(verdict("Activation: gelu") == "yes, in levels")
    #expect(verdict("`Multiply`")?.hasPrefix("no: ") == true)
  }
}
