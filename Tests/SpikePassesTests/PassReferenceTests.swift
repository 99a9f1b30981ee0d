import Foundation
import PluginAPI
import SpikePasses
import Testing

@Suite("Pass reference") struct PassReferenceTests {

  @Test("Docs/Passes.md is what the passes say of themselves") func pageIsCurrent() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = root.appendingPathComponent("Docs/Passes.md")
    let expected = Pass.reference(of: Pass.builtIn)
    let found = try? String(contentsOf: page, encoding: .utf8)
    if found != expected, ProcessInfo.processInfo.environment["SPIKEC_RECORD"] == "1" {
      try expected.write(to: page, atomically: true, encoding: .utf8)
    }
    #expect(found == expected, "SPIKEC_RECORD=1 rewrites the page")
  }

  @Test("names are unique and kebab-case") func names() {
    let names = Pass.builtIn.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names + Pass.builtIn.flatMap({ $0.options.map(\.name) }) {
      #expect(name.allSatisfy { $0.isLowercase || $0 == "-" }, "\(name)")
    }
  }

  @Test("every default is a value that its option takes") func defaults() throws {
    for pass in Pass.builtIn {
      let given = Dictionary(
        uniqueKeysWithValues: pass.options.map { ($0.name, $0.defaultValue) })
      _ = try PassArguments(given, of: pass)
    }
  }
}
