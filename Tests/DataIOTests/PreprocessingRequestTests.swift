import DataIO
import Diagnostics
import SpikeIR
import Testing

@Suite("Preprocessing requests") struct PreprocessingRequestTests {

  @Test("reads numbers, fractions and lists") func reads() throws {
    let request = try PreprocessingRequest(scale: "1/255", mean: "0.5, 1/4,-1e-2", std: "2")
    #expect(request.scale == Float(1) / 255)
    #expect(request.mean == [0.5, 0.25, -0.01] && request.std == [2])
  }

  @Test(
    "rejects anything else", arguments: ["", "x", "1/", "/2", "1/0", "1/2/3", "1,2", "nan", "inf"])
  func rejects(text: String) {
    let error = diagnostic { _ = try PreprocessingRequest(scale: text, mean: nil, std: nil) }
    #expect(error?.id == "data.bad-number" && error?.exitCode == .usage)
  }

  @Test("rejects division by zero") func zero() {
    let error = diagnostic { _ = try PreprocessingRequest(scale: nil, mean: nil, std: "1,0") }
    #expect(error?.id == "data.bad-number")
  }

  @Test(
    "takes the default scale of the type and says so",
    arguments: [(.uint8, 1 / 255, 1), (.uint16, 1 / 65535, 1), (.float32, 1, 0), (.int8, 1, 0)]
      as [(ElementKind, Float, Int)])
  func defaults(kind: ElementKind, scale: Float, remarks: Int) throws {
    var sink = DiagnosticSink()
    let result = try PreprocessingRequest().resolved(for: kind, shape: [2, 2, 3], sink: &sink)
    #expect(result == Preprocessing(scale: scale))
    #expect(sink.diagnostics.count == remarks)
  }

  @Test("prefers what the user said to what is stored") func stored() throws {
    var sink = DiagnosticSink()
    let stored = Preprocessing(scale: 0.25, mean: [1], std: [2])
    let request = try PreprocessingRequest(scale: nil, mean: "3", std: nil)
    let result = try request.resolved(for: .uint8, shape: [4], stored: stored, sink: &sink)
    #expect(result == Preprocessing(scale: 0.25, mean: [3], std: [2]))
    #expect(sink.diagnostics.map(\.id) == ["data.stored-scale"])
  }

  @Test("takes data as they are where the model asks for integers, and says so") func integers()
    throws
  {
    var request = PreprocessingRequest()
    request.integerInputs = ["x"]
    var sink = DiagnosticSink()
    let raw = try request.resolved(for: .uint8, shape: [4], input: "x", sink: &sink)
    #expect(raw == Preprocessing(scale: 1))
    #expect(sink.diagnostics.map(\.id) == ["data.integer-input"])
    let other = try request.resolved(for: .uint8, shape: [4], input: "z", sink: &sink)
    #expect(other == Preprocessing(scale: 1 / 255))
    request.scale = 0.5
    let given = try request.resolved(for: .uint8, shape: [4], input: "x", sink: &sink)
    #expect(given == Preprocessing(scale: 0.5))
  }

  @Test("says nothing about a stored scale that is usual for the type") func usual() throws {
    var sink = DiagnosticSink()
    let stored = Preprocessing(scale: 1 / 255)
    _ = try PreprocessingRequest().resolved(
      for: .uint8, shape: [4], stored: stored, sink: &sink)
    #expect(sink.diagnostics.isEmpty)
  }

  @Test("compares lists with the channels") func channels() throws {
    let request = try PreprocessingRequest(scale: nil, mean: "1,2", std: nil)
    let error = diagnostic {
      var sink = DiagnosticSink()
      _ = try request.resolved(for: .uint8, shape: [2, 2, 3], sink: &sink)
    }
    #expect(error?.id == "data.channel-count" && error?.exitCode == .usage)
  }
}
