import Testing

@testable import Driver

@Suite("Advice on outputs that stay clipped") struct BoundAdviceTests {

  private func notes(
    _ management: String, frames: Bool = false, sliced: Bool = false, repeats: Bool = false,
    codes: Bool = false, copies: Bool = false
  ) -> [String] {
    BoundAdvice(
      areFrames: frames, management: management, isSliced: sliced, givesRepeats: repeats,
      hasCodes: codes, hasCopiesOnRows: copies
    ).notes
  }

  @Test(
    "vectors are read again as the description says, or could be",
    arguments: [
      ("none", "'iterative' or 'worst-case', reads such vectors again"),
      ("iterative", "'maxFactor'"), ("worst-case", "'assumedWeight'"),
      ("fewer-repeats", "'input.repeats' is 1"),
    ])
  func vectors(_ management: String, _ words: String) {
    #expect(notes(management)[0].contains(words), "\(notes(management))")
  }

  @Test("inputs in slices have no other scale") func slices() {
    let found = notes("none", sliced: true)[0]
    #expect(found.contains("'input.slice'") && !found.contains("boundManagement"))
  }

  @Test(
    "frames have no other scale, whatever the description says of vectors",
    arguments: ["none", "iterative", "worst-case"])
  func frames(_ management: String) {
    let found = notes(management, frames: true)[0]
    #expect(found.contains("one scale") && found.contains("without '--code'"))
    #expect(found.contains("'\(management)' has no effect") == (management != "none"))
  }

  @Test("fewer repeats are for frames too") func fewerRepeats() {
    for frames in [false, true] {
      let found = notes("fewer-repeats", frames: frames, repeats: true)[0]
      #expect(found.contains("inputs given once"))
    }
  }

  @Test("sums are smaller with fewer copies, where there are some") func sums() {
    #expect(notes("none", copies: true)[1].contains("'repetition.rows'"))
    #expect(notes("none")[1].contains("'output.bound'"))
    #expect(notes("none", codes: true)[1].contains("'output.gain'"))
  }
}
