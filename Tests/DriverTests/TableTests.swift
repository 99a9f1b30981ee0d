import Testing

@testable import Driver

@Suite("Tables") struct TableTests {

  @Test("aligns words to the left and numbers to the right") func alignment() {
    var table = Table(["layer", ">neurons"])
    table.add(["conv", "1,024"])
    table.add(["a longer name", "10"])
    #expect(
      table.text == """
        layer          neurons
        conv             1,024
        a longer name       10
        """)
  }

  @Test(
    "rounds to a fixed number of digits",
    arguments: [
      (0.125, 2, "0.13"), (-0.001, 2, "0.00"), (1234.5, 1, "1,234.5"), (99.999, 2, "100.00"),
      (0.9215, 4, "0.9215"), (5, 0, "5"), (0.05, 2, "0.05"), (-1.5, 1, "-1.5"),
    ] as [(Double, Int, String)])
  func rounding(x: Double, digits: Int, expected: String) {
    #expect(fixed(x, digits) == expected)
  }

  @Test(
    "groups digits",
    arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func grouping(x: Int, expected: String) {
    #expect(grouped(x) == expected)
  }
}
