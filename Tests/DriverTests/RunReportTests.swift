import Foundation
import Testing

@testable import Driver

@Suite("Run reports") struct RunReportTests {

  private func report() -> RunReport {
    RunReport(
      artefact: "a.spk", target: "cpu", code: "rate", images: 4, timesteps: 2, accuracy: 0.75,
      accuracyByTimestep: [0.5, 0.75], spikesPerImage: 10.5, synapticOperationsPerImage: 1000,
      wallSeconds: 0.5, threads: 2, peakMemoryBytes: 1024,
      layers: [.init(name: "relu", neurons: 8, spikesPerNeuron: 1.3125, synapticOperations: 1000)])
  }

  @Test("has the keys of the schema, in their order") func schema() {
    #expect(
      report().json.text == #"{"schema":"spikec-run/1","artefact":"a.spk","target":"cpu","#
        + #""code":"rate","images":4,"timesteps":2,"meanTimesteps":null,"accuracy":0.75,"#
        + #""accuracyByTimestep":[0.5,0.75],"spikesPerImage":10.5,"#
        + #""synapticOperationsPerImage":1000.0,"wallSeconds":0.5,"imagesPerSecond":8.0,"#
        + #""threads":2,"peakMemoryBytes":1024,"layers":[{"name":"relu","neurons":8,"#
        + #""spikesPerNeuron":1.3125,"synapticOperations":1000.0}],"emulation":{"counts":{},"#
        + #""energyJoules":null,"secondsPerImage":null,"source":null}}"#)
  }

  @Test("says null where nothing is known") func unknown() throws {
    let report = RunReport(
      artefact: "m.h5", images: 1, wallSeconds: 0, threads: 1, peakMemoryBytes: 1, layers: [])
    let object = try JSONSerialization.jsonObject(with: Data(report.json.text.utf8))
    let dictionary = try #require(object as? [String: Any])
    for key in ["target", "code", "timesteps", "accuracy", "spikesPerImage"] {
      #expect(dictionary[key] is NSNull)
    }
    #expect(dictionary["imagesPerSecond"] as? Double == 0)
  }

  @Test("shows people a table of layers") func text() {
    let text = report().text
    #expect(text.contains("75.00 %") && text.contains("relu"))
    #expect(!text.contains("null") && !text.hasPrefix("\n"))
  }
}
