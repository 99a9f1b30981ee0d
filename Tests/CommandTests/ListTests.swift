import Testing

@Suite("spikec list") struct ListTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  @Test(
    "lists what there is",
    arguments: [
      ("frontends", "keras"), ("passes", "fold-batchnorm"), ("backends", "event-cpu"),
      ("targets", "cpu"), ("targets", "loihi1"), ("neurons", "if"), ("neurons", "lif"),
      ("layers", "Conv2D"),
    ])
  func lists(subject: String, item: String) throws {
    let result = try spikec("list", subject)
    #expect(result.status == 0 && result.output.contains(item))
    let object = try spikec("list", subject, "--json").json()
    #expect(object["schema"] as? String == "spikec-list/1")
    let items = try #require(object["items"] as? [[String: Any]])
    #expect(items.contains { $0.values.contains { $0 as? String == item } })
  }

  @Test("describes a pass with its options") func pass() throws {
    let result = try spikec("list", "passes", "calibrate")
    #expect(result.status == 0 && result.output.contains("percentile"))
    #expect(result.output.contains("takes level ann"))
  }
}
