// Names that somebody may have meant.

import JSONReading
import Testing

@Suite struct NearestNameTests {

  @Test(
    "the name that differs least",
    arguments: [
      ("noize", "noise"), ("Noise", "noise"), ("nosie", "noise"), ("bound", "bound"),
      ("bouns", "bound"), ("stepss", "steps"), ("teps", "steps"), ("dwMinDtoD", "dwMinDtod"),
      ("noiseManagment", "noiseManagement"),
    ])
  func found(_ name: String, _ expected: String) {
    let known = ["noise", "bound", "steps", "dwMinDtod", "dwMinStd", "noiseManagement"]
    #expect(name.nearest(among: known) == expected)
  }

  @Test("no name is better than another one", arguments: ["", "x", "gain", "manager", "st"])
  func none(_ name: String) {
    #expect(name.nearest(among: ["noise", "bound", "steps", "noiseManagement"]) == nil)
  }

  @Test("of equals, the first") func equals() {
    #expect("rat".nearest(among: ["hat", "cat", "bat"]) == "bat")
    #expect("a".nearest(among: ["b"]) == nil)
    #expect("rows".nearest(among: [String]()) == nil)
  }
}
